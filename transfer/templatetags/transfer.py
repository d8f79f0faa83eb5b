"""What is found in a file, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import template
from django.utils.translation import ngettext

from transfer.readers import NAMES

if TYPE_CHECKING:
    from collections.abc import Mapping

register = template.Library()


@register.filter
def kinds_in_words(kinds: Mapping[str, int]) -> str:
    """Say how many conversations of which kind: "3 conversations of ChatGPT"."""
    return ", ".join(
        ngettext("%(count)s conversation of %(name)s", "%(count)s conversations of %(name)s", count)
        % {"count": count, "name": NAMES.get(kind, kind)}
        for kind, count in kinds.items()
    )
