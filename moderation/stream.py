"""Filters a text that comes in pieces, holding back no more than could still become a hit.

What leaves is the same however the text is cut into pieces. Of a blocked term no character leaves, and the first one
ends the stream; a masked term leaves as bullets; what is flagged passes. Only the longest tail that is the beginning of
a term waits, so ordinary text is hardly delayed, and never by more than the longest term.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from moderation.matcher import Reach, Severity
from moderation.readings import Reading, ShownReading

if TYPE_CHECKING:
    from collections.abc import Callable

    from moderation.matcher import Matcher, Term
    from moderation.readings import Place

BULLET = "•"
WORDS_AROUND = 120
"""Characters before and after a hit that an incident keeps."""

MOST_FINDINGS = 20
"""Terms whose first hit is described, the strictest; all hits are counted."""

MOST_WAITING = 4_000
"""Characters that wait as they came. Of more than that, which a term and much that nobody sees can make, only what is
seen is kept."""


@dataclass(slots=True)
class Finding:
    """A hit with the words around it, as they were written.

    There are none around what is so short that it is found everywhere: an entry for one letter would note down all that
    people say.
    """

    term: Term
    before: str
    matched: str
    after: str = ""


class Filter:
    """One text. ``feed`` its pieces, then ``finish``; after ``blocked`` is set nothing leaves any more.

    ``matcher`` is asked for at every piece, so that a text in flight follows a list that changes. ``before`` is what
    was said already and left: a word may begin there. ``hits`` counts, ``findings`` describes at most ``most`` of them.
    """

    def __init__(self, matcher: Callable[[], Matcher], before: str = "", *, most: int = MOST_FINDINGS) -> None:
        self.findings: list[Finding] = []
        self.hits = 0
        self.blocked: Term | None = None
        self._matcher = matcher
        self._most = most
        self._noted: set[Term] = set()
        self._text = ""
        self._reach = Reach()
        self._is_masking = False  # what left ends with a mask, which also hides what nobody sees after it
        self._is_behind = False  # pieces have passed that the readings do not know: there was nothing to look for
        self._past = before[-WORDS_AROUND:]
        self._begin(self._past)

    def feed(self, piece: str) -> str:
        """Take the next piece; return what may leave."""
        if self.blocked:
            return ""
        matcher = self._matcher()
        self._note_after(piece)
        if matcher.is_empty and not self._text:
            self._past = (self._past + piece)[-WORDS_AROUND:]
            self._is_behind = True
            return piece
        if self._is_behind:
            self._reach = Reach()
            self._begin(self._past)
        self._take(piece, matcher)
        until = min(reading.tail(matcher, len(self._text)) for reading in self._readings())
        released = self._release(matcher, until)
        if len(self._text) > MOST_WAITING:
            self._condense(matcher)
        return released

    def finish(self) -> str:
        """Return what was held back, now that the text has ended."""
        if self.blocked or not self._text:
            return ""
        matcher = self._matcher()
        self._shown.finish(self._text, matcher)
        return self._release(matcher, len(self._text))

    def _begin(self, past: str) -> None:
        self._past = past
        self._is_behind = False
        self._written, self._shown = Reading(past), ShownReading(past)

    def _take(self, piece: str, matcher: Matcher) -> None:
        self._text += piece
        self._written.take(self._text, piece, matcher)
        self._shown.take(self._text, piece, matcher)

    def _readings(self) -> tuple[Reading, ...]:
        """Give the readings, or one of them where both are the same."""
        return (self._shown,) if self._written.is_like(self._shown) else (self._written, self._shown)

    def _release(self, matcher: Matcher, until: int) -> str:
        """Let go of the characters before ``until``: no hit that begins there can change any more."""
        masks = [(0, min(self._reach.masked, until))] if self._reach.masked or self._is_masking else []
        places = [place for reading in self._readings() for place in reading.places(matcher)]
        for place in sorted(places, key=_leftmost_longest):
            if place.start >= until:
                break
            if not self._reach.admits(place.end, place.term.severity):
                continue
            self._note(place)
            if place.term.severity is Severity.BLOCK:
                self.blocked = place.term
                until = place.start
                break
            if place.term.severity is Severity.MASK:
                masks.append((place.start, min(place.end, until)))
        return self._cut(until, masks)

    def _cut(self, end: int, masks: list[tuple[int, int]]) -> str:
        text = self._masked(end, masks)
        self._past = (self._past + self._text[:end])[-WORDS_AROUND:]
        self._text = "" if self.blocked else self._text[end:]
        self._written.cut(end)
        self._shown.cut(end)
        self._reach.move(lambda place: place - end)
        return text

    def _masked(self, end: int, masks: list[tuple[int, int]]) -> str:
        """Write the text before ``end`` with bullets for what is masked: one for each character that is shown."""
        if not (masks and end):
            self._is_masking &= not end
            return self._text[:end]
        text, seen, stop = list(self._text[:end]), set(self._shown.origins), 0
        for start, last in masks:
            stop = min(self._written.next(last, len(self._text)), end)
            text[start:stop] = [BULLET if index in seen else "" for index in range(start, stop)]
        self._is_masking = stop == end
        return "".join(text)

    def _condense(self, matcher: Matcher) -> None:
        """Keep of what waits no more than is seen of it."""
        waiting = self._shown.condense()
        self._reach.move(self._shown.index)
        self._text = ""
        self._begin(self._past)
        self._take(waiting, matcher)

    def _note(self, place: Place) -> None:
        """Count a hit, and describe it if it is the first of its term and among the strictest."""
        self.hits += 1
        if place.term in self._noted:
            return
        self._noted.add(place.term)
        if len(self.findings) >= self._most:
            mildest = min(reversed(self.findings), key=lambda finding: finding.term.severity)
            if mildest.term.severity >= place.term.severity:
                return
            self.findings.remove(mildest)
        finding = Finding(place.term, "", self._text[place.start : place.end])
        if not place.term.is_short:
            before = self._text[max(0, place.start - WORDS_AROUND) : place.start]
            finding.before = (self._past + before)[-WORDS_AROUND:]
            finding.after = self._text[place.end : place.end + WORDS_AROUND]
        self.findings.append(finding)

    def _note_after(self, piece: str) -> None:
        for finding in self.findings:
            if len(finding.after) < WORDS_AROUND and not finding.term.is_short:
                finding.after = (finding.after + piece)[:WORDS_AROUND]


def _leftmost_longest(place: Place) -> tuple[int, int, int, int]:
    return place.start, -place.end, -place.term.severity, place.term.rule or 0


def screen(matcher: Matcher, text: str) -> tuple[str, Filter]:
    """Filter a whole text; return what may leave, and the filter with what it found."""
    whole = Filter(lambda: matcher)
    return whole.feed(text) + whole.finish(), whole
