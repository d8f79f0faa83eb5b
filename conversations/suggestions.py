"""Four ideas for an empty page; each is a whole question that works as it stands."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Suggestion:
    icon: str
    title: str
    detail: str
    text: str


SUGGESTIONS = (
    Suggestion(
        "explain",
        "Explain something",
        "and check that I understood it",
        "Explain how vaccines train the immune system, simply but without leaving out what matters. "
        "Then ask me three questions to check that I understood, one at a time.",
    ),
    Suggestion(
        "write",
        "Write a difficult message",
        "that says no and stays kind",
        "Help me say no to a request from somebody I like, in a short message that is clear and kind. "
        "Ask me first what you need to know.",
    ),
    Suggestion(
        "plan",
        "Make a plan",
        "for learning something new",
        "Make a plan for learning the basics of a new language in six weeks with 30 minutes a day. "
        "Give it as a table: week, what to learn, how to practise, how to know that it worked.",
    ),
    Suggestion(
        "code",
        "Build a small tool",
        "with tests and an explanation",
        "Write a Python script that finds duplicate files in a folder, with tests. "
        "Explain the choices you made and what could go wrong.",
    ),
)
