"""Four ideas for an empty page; each is a whole question that works as it stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, slots=True)
class Suggestion:
    icon: str
    title: StrOrPromise
    detail: StrOrPromise
    text: StrOrPromise


SUGGESTIONS = (
    Suggestion(
        "explain",
        _("Explain something"),
        _("and check that I understood it"),
        _(
            "Explain how vaccines train the immune system, simply but without leaving out what matters. "
            "Then ask me three questions to check that I understood, one at a time."
        ),
    ),
    Suggestion(
        "write",
        _("Write a difficult message"),
        _("that says no and stays kind"),
        _(
            "Help me say no to a request from somebody I like, in a short message that is clear and kind. "
            "Ask me first what you need to know."
        ),
    ),
    Suggestion(
        "plan",
        _("Make a plan"),
        _("for learning something new"),
        _(
            "Make a plan for learning the basics of a new language in six weeks with 30 minutes a day. "
            "Give it as a table: week, what to learn, how to practise, how to know that it worked."
        ),
    ),
    Suggestion(
        "code",
        _("Build a small tool"),
        _("with tests and an explanation"),
        _(
            "Write a Python script that finds duplicate files in a folder, with tests. "
            "Explain the choices you made and what could go wrong."
        ),
    ),
)
