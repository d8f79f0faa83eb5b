"""Finds the words of a list in a text: Aho-Corasick over folded text, then the rules that make a match a hit.

A match is a hit when it begins and ends where words do (for entries that want that) and lies inside no allowed phrase.
Of hits that lie one in another, the outer one counts, unless the inner one has a stricter action. A matcher never
changes; a new list is a new matcher.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import TYPE_CHECKING

import ahocorasick  # type: ignore[import-not-found]  # an extension module without types

from moderation.folding import fold_pattern, list_spellings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

LONGEST_PATTERN = 200
"""Characters of a folded pattern; what a stream holds back at most."""

SHORT = 2


class Severity(IntEnum):
    """What a hit does, the milder first; ALLOW is no hit."""

    FLAG = 1
    MASK = 2
    BLOCK = 3
    ALLOW = 4


@dataclass(frozen=True, slots=True)
class Term:
    """One thing to look for; ``rule`` is the id of its entry in the list, None for an allowed phrase.

    ``folded`` is the pattern as the list has it folded; it is folded here where it is not given.
    """

    pattern: str
    severity: Severity
    rule: int | None = None
    category: str = ""
    whole_word: bool = False
    folded: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "folded", self.folded or fold_pattern(self.pattern))

    @property
    def is_short(self) -> bool:
        """Tell whether this is found nearly everywhere, because it is one letter or two."""
        return is_short(self.folded)


@dataclass(frozen=True, slots=True)
class Match:
    """Where a term stands, as indexes into a folded text."""

    start: int
    end: int
    term: Term


class Reach:
    """Walks over places from left to right and tells which are hits; remembers how far each severity reaches."""

    __slots__ = ("_ends",)

    def __init__(self) -> None:
        self._ends = dict.fromkeys(Severity, 0)

    @property
    def masked(self) -> int:
        return self._ends[Severity.MASK]

    def admits(self, end: int, severity: Severity) -> bool:
        """Take the next place; false for an allowed phrase, and for what lies inside one or in a stricter hit."""
        is_covered = any(end <= self._ends[other] for other in Severity if other >= severity)
        if not is_covered:
            self._ends[severity] = max(self._ends[severity], end)
        return not is_covered and severity is not Severity.ALLOW

    def move(self, place: Callable[[int], int]) -> None:
        """Follow a text of which something went away; ``place`` tells where what was at an index is now."""
        self._ends = {severity: max(0, place(end)) for severity, end in self._ends.items()}


class Matcher:
    """All terms of one direction."""

    def __init__(self, terms: Iterable[Term] = ()) -> None:
        """Build the automaton: about a millisecond for a thousand terms."""
        self._automaton = ahocorasick.Automaton()
        self.longest = 0
        by_pattern: dict[str, list[Term]] = {}
        for term in terms:
            for folded in list_spellings(term.pattern, term.folded):
                if folded:
                    by_pattern.setdefault(folded, []).append(term)
        for folded, same in by_pattern.items():
            strictest = max(term.severity for term in same)
            self._automaton.add_word(folded, (len(folded), strictest, tuple(same)))
            self.longest = max(self.longest, len(folded))
        self._beginnings = frozenset(folded[0] for folded in by_pattern)
        self.is_empty = not by_pattern
        if by_pattern:
            self._automaton.make_automaton()

    def matches(self, folded: str, before: str = "") -> Iterator[Match]:
        """Find what stands in a folded text after the character ``before``.

        Of what ends in one place and is no stricter than something longer that ends there, too, nothing is told: it
        could not be a hit.
        """
        last_end, strictest = -1, 0
        for last, (length, most, terms) in () if self.is_empty else self._automaton.iter(folded):
            if last != last_end:
                last_end, strictest = last, 0
            if most <= strictest:
                continue
            start, end = last + 1 - length, last + 1
            following = folded[end : end + 1]
            if _is_one_syllable(folded[last], following):
                continue
            preceding = folded[start - 1] if start else before
            is_word = not _joins(preceding, folded[start]) and not _joins(folded[last], following)
            for term in terms:
                if is_word or not term.whole_word:
                    strictest = max(strictest, term.severity)
                    yield Match(start, end, term)

    def tail(self, folded: str) -> int:
        """Tell from which index on the end of a folded text could be the beginning of a term."""
        for start in range(max(0, len(folded) - self.longest), len(folded)):
            if folded[start] in self._beginnings and self._automaton.match(folded[start:]):
                return start
        return len(folded)


def _joins(left: str, right: str) -> bool:
    """Tell whether two neighbours are letters of one word."""
    return bool(left and right) and _is_letter(left) and _is_letter(right)


def _is_one_syllable(left: str, right: str) -> bool:
    """Tell whether a match that ends between these two would end in the middle of a Korean syllable."""
    return "\u1100" <= left <= "\u11ff" and "\u1160" <= right <= "\u11ff"


_UNSPACED = (
    "CJK",
    "IDEOGRAPHIC",
    "HIRAGANA",
    "KATAKANA",
    "HANGUL",
    "BOPOMOFO",
    "THAI",
    "LAO",
    "KHMER",
    "MYANMAR",
    "TIBETAN",
)


@lru_cache(maxsize=16_384)
def _is_letter(character: str) -> bool:
    """Tell whether this is a letter, digit or mark of a script that puts spaces between words.

    Chinese, Japanese, Thai and their like have none; Korean hangs its particles on the word. There, words are found
    wherever they stand.
    """
    return unicodedata.category(character)[0] in "LNM" and not _is_unspaced(character)


def _is_unspaced(character: str) -> bool:
    return unicodedata.name(character, "").startswith(_UNSPACED)


def is_short(folded: str, most: int = SHORT) -> bool:
    """Tell whether a folded pattern is so short that it says nothing; one sign of Chinese is a word."""
    return len(folded) <= most and not any(map(_is_unspaced, folded))
