"""Filters a text that comes in pieces, holding back no more than could still become a hit.

What leaves is the same however the text is cut into pieces. Of a blocked term no character leaves, and the first one
ends the stream; a masked term leaves as bullets; what is flagged passes. Only the longest tail that is the beginning of
a term waits, so ordinary text is hardly delayed, and never by more than the longest term.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from moderation.folding import Folder
from moderation.matcher import Reach, Severity

if TYPE_CHECKING:
    from collections.abc import Callable

    from moderation.matcher import Match, Matcher, Term

BULLET = "•"
WORDS_AROUND = 120
"""Characters before and after a hit that an incident keeps."""


@dataclass(slots=True)
class Finding:
    """A hit with the words around it, as they were written."""

    term: Term
    before: str
    matched: str
    after: str = ""


class Filter:
    """One text. ``feed`` its pieces, then ``finish``; after ``blocked`` is set nothing leaves any more.

    ``matcher`` is asked for at every piece, so that a text in flight follows a list that changes. ``before`` is what
    was said already and left: a word may begin there.
    """

    def __init__(self, matcher: Callable[[], Matcher], before: str = "") -> None:
        self.findings: list[Finding] = []
        self.blocked: Term | None = None
        self._matcher = matcher
        self._folder = Folder()
        self._folder.fold(before[-WORDS_AROUND:])
        self._past = before[-WORDS_AROUND:]
        self._before = self._folder.last
        self._text = ""
        self._folded = ""
        self._origins: list[int] = []
        self._reach = Reach()

    def feed(self, piece: str) -> str:
        """Take the next piece; return what may leave."""
        if self.blocked:
            return ""
        matcher = self._matcher()
        if matcher.is_empty and not self._text:
            self._pass(piece)
            return piece
        self._take(piece)
        return self._release(matcher, self._whole(matcher.tail(self._folded)))

    def finish(self) -> str:
        """Return what was held back, now that the text has ended here; another one may follow."""
        if self.blocked or not self._text:
            return ""
        return self._release(self._matcher(), len(self._folded))

    def _pass(self, piece: str) -> None:
        self._note_after(piece)
        self._folder.fold(piece[-WORDS_AROUND:])
        self._before = self._folder.last
        self._past = (self._past + piece)[-WORDS_AROUND:]
        self._reach = Reach()

    def _take(self, piece: str) -> None:
        self._note_after(piece)
        folded, origins = self._folder.fold(piece)
        offset = len(self._text)
        self._text += piece
        self._folded += folded
        self._origins += [offset + origin for origin in origins]

    def _whole(self, index: int) -> int:
        """Move an index in the folded text to where its character begins: it cannot leave by halves."""
        origins = self._origins
        while 0 < index < len(origins) and origins[index - 1] == origins[index]:
            index -= 1
        return index

    def _release(self, matcher: Matcher, until: int) -> str:
        """Let go of the folded characters before ``until``: no hit that begins there can change any more."""
        masks = [(0, min(self._reach.masked, until))] if self._reach.masked and until else []
        for match in matcher.matches(self._folded, self._before):
            if match.start >= until:
                break
            if not self._reach.admits(match):
                continue
            self.findings.append(self._describe(match))
            if match.term.severity is Severity.BLOCK:
                self.blocked = match.term
                until = self._whole(match.start)
                break
            if match.term.severity is Severity.MASK:
                masks.append((match.start, match.end))
        return self._cut(until, masks)

    def _cut(self, until: int, masks: list[tuple[int, int]]) -> str:
        end = self._original(until)
        text = self._masked(end, masks)
        self._past = (self._past + self._text[:end])[-WORDS_AROUND:]
        self._before = self._folded[until - 1] if until else self._before
        self._text = "" if self.blocked else self._text[end:]
        self._folded = self._folded[until:]
        self._origins = [origin - end for origin in self._origins[until:]]
        self._reach.move(until)
        return text

    def _masked(self, end: int, masks: list[tuple[int, int]]) -> str:
        """Write the text before ``end`` with bullets for what is masked: one for each character that is seen."""
        if not masks:
            return self._text[:end]
        text = list(self._text[:end])
        for first, last in masks:
            start, stop = self._origins[first], min(self._after(last), end)
            seen = set(self._origins[first:last])
            text[start:stop] = [BULLET if index in seen else "" for index in range(start, stop)]
        return "".join(text)

    def _original(self, index: int) -> int:
        return self._origins[index] if index < len(self._origins) else len(self._text)

    def _after(self, index: int) -> int:
        """Tell where the character after a folded one that ends at ``index`` begins, unless it reaches over it."""
        while index < len(self._origins) and self._origins[index] == self._origins[index - 1]:
            index += 1
        return self._original(index)

    def _describe(self, match: Match) -> Finding:
        start, end = self._origins[match.start], self._origins[match.end - 1] + 1
        before = (self._past + self._text[max(0, start - WORDS_AROUND) : start])[-WORDS_AROUND:]
        return Finding(match.term, before, self._text[start:end], self._text[end : end + WORDS_AROUND])

    def _note_after(self, piece: str) -> None:
        for finding in reversed(self.findings):
            if len(finding.after) >= WORDS_AROUND:
                break
            finding.after = (finding.after + piece)[:WORDS_AROUND]


def screen(matcher: Matcher, text: str) -> tuple[str, Filter]:
    """Filter a whole text; return what may leave, and the filter with what it found."""
    whole = Filter(lambda: matcher)
    return whole.feed(text) + whole.finish(), whole
