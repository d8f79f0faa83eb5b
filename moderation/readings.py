"""The two ways in which a text is read: as it is written, and as a page shows it once its marks are taken for marks.

Both are folded, and both are known character by character as the text comes in, so that a word is found in either: the
``c++`` of somebody's list as well as the ``b**a**d`` and the ``b&#97;d`` that a page shows as *bad*.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_left
from typing import TYPE_CHECKING, NamedTuple

from moderation.folding import Folder, fold_character

if TYPE_CHECKING:
    from collections.abc import Iterator

    from moderation.matcher import Matcher, Term

LONGEST_MARK = 500
"""Characters of an entity or of what stands behind a link's words; what is longer counts as text."""

_MARK = re.compile(r"[*~`\\\[]+|_+|\]|&|!(?=\[|\Z)")
_ENTITY = re.compile(r"&(?:#[0-9]{1,200}|#[xX][0-9a-fA-F]{1,200}|[a-zA-Z][a-zA-Z0-9]{1,31});")
_BEGUN_ENTITY = re.compile(r"&(?:#(?:[0-9]{0,200}|[xX][0-9a-fA-F]{0,200})|[a-zA-Z][a-zA-Z0-9]{0,31})?")

_DEEPEST = 32
"""How many brackets Markdown allows in each other in an address."""

_GAP = r"[ \t\n>]"  # in a quotation, its mark begins each line
_ADDRESS_SIGN = r"\\[!-~]|[^ \t\n()]"
_ADDRESS = rf"(?:{_ADDRESS_SIGN})*+"
for _ in range(_DEEPEST):
    _ADDRESS = rf"(?:{_ADDRESS_SIGN}|\({_ADDRESS}\))*+"
_TITLE = r'(?:"(?:\\[\s\S]|[^"\\])*+"|' + r"'(?:\\[\s\S]|[^'\\])*+'|\((?:\\[\s\S]|[^()\\])*+\))"
_LABEL = r"\[(?:\\[\s\S]|[^\[\]\\])*+\]"
_TARGET = re.compile(
    rf"\](?:\({_GAP}*(?:<(?:\\[!-~]|[^<>\n])*+>|(?!<){_ADDRESS})(?:[ \t\n]{_GAP}*{_TITLE})?{_GAP}*\)|{_LABEL})"
)
_BEGUN_TARGET = re.compile(rf"\](?:\({_GAP}*(?:(?:<[^\n]*|[^ \t\n]*)(?:[ \t\n]{_GAP}*(?:[\"'(][\s\S]*)?)?)|\[[\s\S]*)?")


class Place(NamedTuple):
    """Where a term stands, as indexes into the text itself."""

    start: int
    end: int
    term: Term

    def moved(self, by: int) -> Place:
        return Place(self.start + by, self.end + by, self.term)


class Reading:
    """What waits of a text, as it is written: ``origins`` tells for each folded character where it comes from."""

    def __init__(self, before: str = "") -> None:
        """Begin after ``before``, which was read already."""
        self.folded = ""
        self.origins: list[int] = []
        self._folder = Folder()
        self._folder.fold(before)
        self._before = self._folder.last

    def take(self, text: str, piece: str, matcher: Matcher) -> None:  # noqa: ARG002 - for the other reading
        """Read ``piece``, with which ``text`` now ends."""
        self._add(piece, len(text) - len(piece))

    def finish(self, text: str, matcher: Matcher) -> None:
        """Take what is not decided as it stands: nothing more will come."""

    def tail(self, matcher: Matcher, length: int) -> int:
        """Tell from which index on what waits could be the beginning of a term."""
        return self._origin(matcher.tail(self.folded), length)

    def places(self, matcher: Matcher) -> Iterator[Place]:
        for match in matcher.matches(self.folded, self._before):
            yield Place(self.origins[match.start], self._end(self.origins[match.end - 1]), match.term)

    def cut(self, end: int) -> None:
        """Forget the characters before ``end``, which left."""
        index = self.index(end)
        self._before = self.folded[index - 1] if index else self._before
        self.folded = self.folded[index:]
        self.origins = [origin - end for origin in self.origins[index:]]

    def next(self, index: int, length: int) -> int:
        """Tell where the first character at or after ``index`` stands that somebody sees."""
        return self._origin(self.index(index), length)

    def is_like(self, other: Reading) -> bool:
        """Tell whether the same is found in both."""
        return (self._before, self.folded, self.origins) == (other._before, other.folded, other.origins)

    def index(self, origin: int) -> int:
        """Tell how many folded characters stand before a character of the text."""
        return bisect_left(self.origins, origin)

    def _add(self, text: str, at: int) -> None:
        folded, origins = self._folder.fold(text)
        self.folded += folded
        self.origins += [at + origin for origin in origins] if at else origins

    def _origin(self, index: int, length: int) -> int:
        return self.origins[index] if index < len(self.origins) else length

    def _end(self, origin: int) -> int:
        return origin + 1


class ShownReading(Reading):
    """What waits of a text, as Markdown shows it.

    The marks of emphasis, code, links and pictures are not there, entities are what they stand for, and where a term is
    begun before the end of a link's words, so is what stands behind them: that is looked through by itself, because
    there may be no link. An underscore between letters is no mark, but a sign that people see: it keeps the words of
    ``snake_case`` apart. What is in code is read like the rest.
    """

    def __init__(self, before: str = "") -> None:
        super().__init__(before)
        self._open = ""
        self._joint = False
        self._entities: dict[int, int] = {}
        self._behind: list[Place] = []

    def take(self, text: str, piece: str, matcher: Matcher) -> None:
        self._read(text, self._open + piece, matcher, is_last=False)

    def finish(self, text: str, matcher: Matcher) -> None:
        self._read(text, self._open, matcher, is_last=True)

    def tail(self, matcher: Matcher, length: int) -> int:
        return super().tail(matcher, length - len(self._open))

    def cut(self, end: int) -> None:
        super().cut(end)
        self._entities = {start - end: last - end for start, last in self._entities.items() if start >= end}
        self._behind = [place.moved(-end) for place in self._behind if place.start >= end]

    def places(self, matcher: Matcher) -> Iterator[Place]:
        yield from super().places(matcher)
        yield from self._behind

    def condense(self) -> str:
        """Give what waits in the fewest characters that read the same; to be taken by new readings."""
        return self.folded + self._open

    def _read(self, text: str, unread: str, matcher: Matcher, *, is_last: bool) -> None:
        start, position, self._open = len(text) - len(unread), 0, ""
        while found := _MARK.search(unread, position):
            self._show(unread[position : found.start()], start + position)
            if found[0] in "&]!" and not is_last and self._is_begun(unread, found.start(), matcher):
                self._open = unread[found.start() :]
                return
            position = self._pass_mark(unread, found, start, matcher)
        self._show(unread[position:], start + position)

    def _pass_mark(self, unread: str, found: re.Match[str], start: int, matcher: Matcher) -> int:
        """Read one mark; return where the next character is."""
        at = found.start()
        if found[0] == "&":
            return self._decode(unread, at, start)
        if found[0] == "]":
            target = _TARGET.match(unread, at, at + LONGEST_MARK) if self._is_amid_term(matcher) else None
            return self._pass_target(target, start, matcher) if target else found.end()
        if found[0] == "!":
            if found.end() == len(unread) or not self._is_amid_term(matcher):
                self._show("!", start + at)
            return found.end()
        if found[0][0] == "_":
            self._joint = self._folder.last.isalnum()
        return found.end()

    def _pass_target(self, target: re.Match[str], start: int, matcher: Matcher) -> int:
        """Pass what stands behind a link's words, and look through it by itself: nobody knows if they began a link."""
        behind = ShownReading()
        behind._read(target[0], target[0][1:], matcher, is_last=True)
        self._behind += [place.moved(start + target.start()) for place in behind.places(matcher)]
        return target.end()

    def _decode(self, unread: str, at: int, start: int) -> int:
        entity = _ENTITY.match(unread, at)
        if not entity:
            self._show("&", start + at)
            return at + 1
        known = len(self.origins)
        self._show(html.unescape(entity[0]), start + at)
        self.origins[known:] = [start + at] * (len(self.origins) - known)
        self._entities[start + at] = start + entity.end()
        return entity.end()

    def _show(self, text: str, at: int) -> None:
        if self._joint:
            seen = next((index for index, one in enumerate(text) if fold_character(one)), None)
            if seen is None:
                return
            self._joint = False
            if fold_character(text[seen])[0].isalnum():
                self.folded += "_"
                self.origins.append(at + seen)
        self._add(text, at)

    def _is_begun(self, unread: str, at: int, matcher: Matcher) -> bool:
        """Tell whether an entity or the rest of a link begins there whose end has not come yet."""
        if len(unread) - at >= LONGEST_MARK:
            return False
        if unread[at] == "&":
            return bool(_BEGUN_ENTITY.fullmatch(unread, at))
        if not self._is_amid_term(matcher):
            return False
        if unread[at] == "!":
            return at + 1 == len(unread)
        return bool(_BEGUN_TARGET.fullmatch(unread, at)) and not _TARGET.match(unread, at)

    def _is_amid_term(self, matcher: Matcher) -> bool:
        return matcher.tail(self.folded) < len(self.folded)

    def _end(self, origin: int) -> int:
        return self._entities.get(origin, origin + 1)
