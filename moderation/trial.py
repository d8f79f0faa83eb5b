"""What a list would have caught, before it is taken."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from moderation.matcher import Matcher, Severity, Term
from moderation.models import AllowedPhrase, Direction
from moderation.stream import Filter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime
    from uuid import UUID

    from moderation.models import SensitiveWord

SMALLEST_COUNT = 5
"""What was found with fewer people could tell who said it."""


class Said(NamedTuple):
    """One text, who wrote it (INPUT for people, OUTPUT for models), when, and in whose conversation."""

    direction: Direction
    text: str
    at: datetime | None = None
    person: UUID | None = None


@dataclass(slots=True)
class Trial:
    """How many texts were looked at, how many were hit, how many by which pattern, and whose; nobody's words.

    ``total`` is how many texts there are, ``since`` when the oldest was written that was looked at.
    """

    total: int = 0
    texts: int = 0
    hit: int = 0
    since: datetime | None = None
    patterns: Counter[str] = field(default_factory=Counter)
    people: defaultdict[str, set[UUID]] = field(default_factory=lambda: defaultdict(set))

    @property
    def is_whole(self) -> bool:
        return self.texts >= self.total

    def common(self, most: int) -> list[tuple[str, int]]:
        """List the patterns that were found most, each with in how many texts."""
        return self.patterns.most_common(most)

    def widespread(self, most: int, *, beside: UUID | None) -> list[tuple[str, int]]:
        """List the patterns found with the most people, each with how many: SMALLEST_COUNT or more.

        Without the person ``beside``, whose own texts would else tell what others wrote.
        """
        counts = Counter({pattern: len(people - {beside}) for pattern, people in self.people.items()})
        return [(pattern, count) for pattern, count in counts.most_common(most) if count >= SMALLEST_COUNT]

    def add(self, one: Said, found: set[str]) -> None:
        """Count a text and the patterns that were found in it."""
        self.texts += 1
        self.since = one.at
        self.hit += bool(found)
        self.patterns.update(found)
        if one.person is not None:
            for pattern in found:
                self.people[pattern].add(one.person)


def try_words(
    words: Iterable[SensitiveWord],
    said: Iterable[Said],
    *,
    total: int = 0,
    seconds: float = float("inf"),
    progress: Callable[[int], object] = lambda _: None,
) -> Trial:
    """Look through texts with these entries and with the allowed phrases of the list; nothing is recorded.

    Stops after ``seconds``; ``progress`` gets how many texts were looked at.
    """
    matchers = _matchers(words)
    trial = Trial(total)
    until = time.monotonic() + seconds
    for one in said:
        if time.monotonic() > until:
            break
        trial.add(one, _find(matchers[one.direction], one.text))
        progress(trial.texts)
    trial.total = max(trial.total, trial.texts)
    return trial


def _matchers(words: Iterable[SensitiveWord]) -> dict[Direction, Matcher]:
    """Build a list that only flags, so that a text is looked through to its end."""
    entries = [word for word in words if word.enabled]
    phrases = [phrase.term for phrase in AllowedPhrase.objects.filter(enabled=True)]
    return {
        direction: Matcher(
            [
                *(_flagging(word) for word in entries if word.direction in {direction, Direction.BOTH}),
                *phrases,
            ]
        )
        for direction in (Direction.INPUT, Direction.OUTPUT)
    }


def _flagging(word: SensitiveWord) -> Term:
    return Term(word.pattern, Severity.FLAG, whole_word=word.whole_word, folded=word.folded)


def _find(matcher: Matcher, text: str) -> set[str]:
    passed = Filter(lambda: matcher, most=len(text))
    passed.feed(text)
    passed.finish()
    return {finding.term.pattern for finding in passed.findings}


_sources: list[tuple[Callable[[], Iterable[Said]], Callable[[], int]]] = []


def say_what_was_said(source: Callable[[], Iterable[Said]], count: Callable[[], int]) -> None:
    """Tell where the texts of the last days come from, and how many there are; who holds them calls this once."""
    _sources[:] = [(source, count)]


def recently_said() -> Iterable[Said]:
    """Give the texts of the last days, or nothing where nobody holds any."""
    return _sources[0][0]() if _sources else ()


def count_recently_said() -> int:
    return _sources[0][1]() if _sources else 0
