"""What is found in a file, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import template
from django.utils.translation import ngettext

from transfer.belongings import Belongings, count_belongings
from transfer.readers import NAMES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from accounts.models import User

register = template.Library()


@register.simple_tag
def belongings(user: User) -> Belongings:
    """Count what a person has here."""
    return count_belongings(user)


@register.filter
def kinds_in_words(kinds: Mapping[str, int]) -> str:
    """Say how many conversations of which kind: "3 conversations of ChatGPT"."""
    return ", ".join(
        ngettext("%(count)s conversation of %(name)s", "%(count)s conversations of %(name)s", count)
        % {"count": count, "name": NAMES.get(kind, kind)}
        for kind, count in kinds.items()
    )
