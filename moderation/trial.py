"""What a list would have caught, before it is taken."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from moderation.matcher import Matcher
from moderation.models import AllowedPhrase, Direction
from moderation.stream import screen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from moderation.models import SensitiveWord


class Said(NamedTuple):
    """One text, and who wrote it: INPUT for people, OUTPUT for models."""

    direction: Direction
    text: str


@dataclass(slots=True)
class Trial:
    """How many texts were looked at, how many were hit, and how often by which pattern; nobody's words."""

    texts: int = 0
    hit: int = 0
    patterns: Counter[str] = field(default_factory=Counter)


def try_words(words: Iterable[SensitiveWord], said: Iterable[Said]) -> Trial:
    """Look through texts with these entries and with the allowed phrases of the list; nothing is recorded."""
    entries = [word for word in words if word.enabled]
    phrases = [phrase.term for phrase in AllowedPhrase.objects.filter(enabled=True)]
    matchers = {
        direction: Matcher(
            [*(word.term for word in entries if word.direction in {direction, Direction.BOTH}), *phrases]
        )
        for direction in (Direction.INPUT, Direction.OUTPUT)
    }
    trial = Trial()
    for direction, text in said:
        _try(trial, matchers[direction], text)
    return trial


def _try(trial: Trial, matcher: Matcher, text: str) -> None:
    _, passed = screen(matcher, text)
    trial.texts += 1
    trial.hit += bool(passed.findings)
    trial.patterns.update(finding.term.pattern for finding in passed.findings)


_source: list[Callable[[], Iterable[Said]]] = []


def say_what_was_said(source: Callable[[], Iterable[Said]]) -> None:
    """Tell where the texts of the last days come from; the app that holds them calls this once."""
    _source[:] = [source]


def recently_said() -> Iterable[Said]:
    """Give the texts of the last days, or nothing where nobody holds any."""
    return _source[0]() if _source else ()
