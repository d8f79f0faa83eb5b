"""A reader of one reply, as a browser is one: the rules of docs/protocol.md, and what must hold after each frame."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

Frame = dict[str, Any]
STREAMING = "streaming"


@dataclass
class Truth:
    """What a reply may say: the whole text of each of its runs, which a reader sees a beginning of.

    ``is_torn`` once a process was killed: then a reader may have seen up to a second that was never saved.
    """

    texts: list[str] = field(default_factory=list)
    is_torn: bool = False

    def check(self, shown: str) -> None:
        assert any(text.startswith(shown) for text in self.texts), self._complain(shown)

    def _complain(self, shown: str) -> str:
        said = self.texts[-1]
        place = next((at for at, (a, b) in enumerate(zip(shown, said, strict=False)) if a != b), len(said))
        return f"at {place} of {len(said)} it shows {shown[place - 20 : place + 60]!r} for {said[place : place + 40]!r}"


class ReplyReader:
    """What a page shows of one reply. ``text`` is all of it, the first ``upto`` units of it stand as ``blocks``."""

    def __init__(
        self, reply: str, truth: Truth, *, text: str = "", blocks: Iterable[str] = (), upto: int = 0, status: str = ""
    ) -> None:
        self.reply = reply
        self.truth = truth
        self.status = status or STREAMING
        self.blocks = list(blocks)
        self.closed = len(self.blocks)
        self.upto = upto
        self._units = _encode(text)
        self._sure = self.length
        self._rules = {
            "reply.started": self._started,
            "reply.delta": self._delta,
            "reply.html": self._html,
            "reply.snapshot": self._snapshot,
            "reply.finished": self._finished,
        }
        truth.check(text)

    @property
    def text(self) -> str:
        return self._units.decode("utf-16-le")

    @property
    def length(self) -> int:
        return len(self._units) // 2

    @property
    def is_running(self) -> bool:
        return self.status == STREAMING

    def read(self, frame: Frame) -> bool:
        """Take a frame; tells whether something is missing, so that ``reply.sync`` is to be sent."""
        before = self.length
        is_missing = self._rules[frame["type"]](frame)
        self.truth.check(self.text)
        assert self.length >= before or self.truth.is_torn, f"the text shrank with {frame['type']}"
        return is_missing

    def reconnected(self) -> bool:
        """Note that the line is a new one; tells whether to ask what of the text still holds."""
        self._sure = 0
        return self.is_running

    def _started(self, _frame: Frame) -> bool:
        self._sure = 0 if self.is_running else self.length
        self.status = STREAMING
        return False

    def _delta(self, frame: Frame) -> bool:
        offset, text = frame["offset"], _encode(frame["text"])
        if offset + len(text) // 2 <= self._sure:
            return False
        if not self.is_running or offset > self._sure:
            return True
        self._show(self._units[: 2 * offset] + text)
        return False

    def _show(self, units: bytes) -> None:
        """Show a text all of which is sure; what is on show beyond it stays, unless it is another text."""
        self._sure = len(units) // 2
        if self._units.startswith(units):
            return
        if not units.startswith(self._units):
            self.blocks, self.closed, self.upto = [], 0, 0
        self._units = units

    def _html(self, frame: Frame) -> bool:
        if not self.is_running or frame["upto"] < self.upto:
            return False
        if frame["index"] > self.closed:
            return True
        self.blocks = self.blocks[: frame["index"]] + frame["blocks"]
        self.closed = frame["index"] + frame["closed"]
        self.upto = frame["upto"]
        return False

    def _snapshot(self, frame: Frame) -> bool:
        units, is_running = _encode(frame["text"]), frame["status"] == STREAMING
        if is_running and not self.is_running and len(units) <= len(self._units):
            return False
        was_sure = self._sure > 0
        self.status = frame["status"]
        self._show(units)
        if not (is_running and was_sure and frame["upto"] < self.upto and len(frame["blocks"]) <= self.closed):
            self.blocks = [element for block in frame["blocks"] for element in elements_of(block)]
            self.closed = len(self.blocks)
            self.upto = frame["upto"]
        return False

    def _finished(self, frame: Frame) -> bool:
        self._units, self.status = _encode(frame["text"]), frame["status"]
        self.blocks, self.upto, self._sure = elements_of(frame["html"]), self.length, self.length
        self.closed = len(self.blocks)
        return False


def elements_of(html: str) -> list[str]:
    """Split HTML into its top-level elements, as a page counts the children of an answer."""
    splitter = _Splitter()
    splitter.feed(html)
    splitter.close()
    return splitter.split(html)


class _Splitter(HTMLParser):
    VOID = frozenset({"br", "hr", "img", "input"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self._depth = 0
        self._starts: list[tuple[int, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._depth == 0:
            self._starts.append(self.getpos())
        self._depth += tag not in self.VOID

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._depth == 0:
            self._starts.append(self.getpos())

    def handle_endtag(self, tag: str) -> None:
        self._depth -= tag not in self.VOID

    def split(self, html: str) -> list[str]:
        lines = html.splitlines(keepends=True)
        places = [sum(map(len, lines[: line - 1])) + column for line, column in self._starts]
        return [html[start:end] for start, end in pairwise([*places, len(html)])]


def _encode(text: str) -> bytes:
    return text.encode("utf-16-le")
