"""The place in a text where it was found, with every hit marked. Texts here are as they were written, never markup."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from search.folding import SPACES, fold_letters

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

BEFORE, AFTER = 60, 180
"""Characters shown around the first hit."""
PIECE, OVERLAP = 2000, 250
"""Long texts are folded piece by piece, until the hit is found; no term is longer than the overlap."""
NEAR = 20
"""How far a cut may move to fall between two words."""

_CLUSTER = re.compile("[\x00-\x7f]+(?![\u0300-\u036f])|.[\u0300-\u036f\u1160-\u11ff\u3099\u309a]*", re.DOTALL)
"""Characters that are folded together: plain runs, and a letter with the marks that follow it."""


@dataclass(frozen=True, slots=True)
class Part:
    text: str
    is_hit: bool = False


def mark_hits(text: str, terms: Sequence[str]) -> list[Part]:
    """Part a text into hits and what stands between them."""
    parts, end = [], 0
    for start, stop in _merge(_find_all(text, terms)):
        parts += [Part(text[end:start]), Part(text[start:stop], is_hit=True)]
        end = stop
    return [part for part in (*parts, Part(text[end:])) if part.text]


def make_snippet(text: str, terms: Sequence[str], *, before: int = BEFORE) -> list[Part]:
    """Give the surroundings of the first hit, in one line; the beginning where there is none to show."""
    hit = _find_first(text, terms)
    start, stop = _cut_before(text, max(0, hit - before), hit), _cut_after(text, hit + AFTER)
    shown = re.sub(r"\s+", " ", text[start:stop]).strip()
    return mark_hits(f"{'… ' * (start > 0)}{shown}{' …' * (stop < len(text))}", terms)


def _find_first(text: str, terms: Sequence[str]) -> int:
    wanted = _pattern(terms)
    for start in range(0, len(text), PIECE):
        piece = text[start : start + PIECE + OVERLAP]
        if wanted.search(fold_letters(piece)):
            return start + next((begin for begin, _ in _find_all(piece, terms)), 0)
    return 0


def _find_all(text: str, terms: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Find the terms in a text and give the places in it as it was written."""
    if not terms:
        return
    folded, places = _fold_with_places(text)
    for hit in _pattern(terms).finditer(folded):
        yield places[hit.start()], places[hit.end()]


def _fold_with_places(text: str) -> tuple[str, Sequence[int]]:
    """Fold a text, and say of each folded character (and of the end) where in the text it comes from."""
    if text.isascii():
        return text.lower(), range(len(text) + 1)
    folded, places = [], []
    for cluster in _CLUSTER.finditer(text):
        own = fold_letters(cluster[0])
        is_plain = len(own) == len(cluster[0])
        places += [cluster.start() + (index if is_plain else 0) for index in range(len(own))]
        folded.append(own)
    return "".join(folded), [*places, len(text)]


def _pattern(terms: Sequence[str]) -> re.Pattern[str]:
    """Match any of the folded terms, with any spaces for the single ones in it."""
    longest_first = sorted(terms, key=len, reverse=True)
    spaced = (re.escape(term).replace(r"\ ", f"[{SPACES}]+") for term in longest_first)
    return re.compile("|".join(spaced) or "(?!)")


def _merge(places: Iterator[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, stop in places:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(stop, merged[-1][1]))
        else:
            merged.append((start, stop))
    return merged


def _cut_before(text: str, start: int, hit: int) -> int:
    """Move a cut to the next beginning of a word, where one is near."""
    if start == 0:
        return 0
    space = text.find(" ", start, min(hit, start + NEAR))
    return space + 1 if space >= 0 else start


def _cut_after(text: str, stop: int) -> int:
    if stop >= len(text):
        return len(text)
    space = text.rfind(" ", stop - NEAR, stop)
    return space if space >= 0 else stop
