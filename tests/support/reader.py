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
    """What a reply may say and think: the whole texts of each of its runs, which a reader sees a beginning of.

    ``is_torn`` once a process was killed: then a reader may have seen up to a second that was never saved.
    """

    texts: list[str] = field(default_factory=list)
    thoughts: list[str] = field(default_factory=lambda: [""])
    is_torn: bool = False

    def check(self, shown: str, thought: str) -> None:
        assert any(text.startswith(shown) for text in self.texts), _complain(self.texts[-1], shown)
        assert any(text.startswith(thought) for text in self.thoughts), _complain(self.thoughts[-1], thought)


def _complain(said: str, shown: str) -> str:
    place = next((at for at, (a, b) in enumerate(zip(shown, said, strict=False)) if a != b), len(said))
    return f"at {place} of {len(said)} it shows {shown[place - 20 : place + 60]!r} for {said[place : place + 40]!r}"


class Words:
    """A text that deltas tell, in UTF-16 code units; the line has confirmed the first ``sure`` of them."""

    def __init__(self, text: str) -> None:
        self.units = _encode(text)
        self.sure = self.length

    @property
    def text(self) -> str:
        return self.units.decode("utf-16-le")

    @property
    def length(self) -> int:
        return len(self.units) // 2

    def is_known(self, offset: int, text: str) -> bool:
        return offset + len(_encode(text)) // 2 <= self.sure

    def add(self, offset: int, text: str) -> bool:
        return self.show(self.units[: 2 * offset] + _encode(text))

    def show(self, units: bytes) -> bool:
        """Show a text all of which is sure; what is on show beyond it stays. Tells whether it is another text."""
        self.sure = len(units) // 2
        if self.units.startswith(units):
            return False
        is_other = not units.startswith(self.units)
        self.units = units
        return is_other

    def replace(self, text: str) -> None:
        self.units = _encode(text)
        self.sure = self.length


class ReplyReader:
    """What a page shows of one reply. ``text`` is all of it, the first ``upto`` units of it stand as ``blocks``."""

    def __init__(
        self,
        reply: str,
        truth: Truth,
        *,
        text: str = "",
        blocks: Iterable[str] = (),
        upto: int = 0,
        status: str = "",
        reasoning: str = "",
    ) -> None:
        self.reply = reply
        self.truth = truth
        self.status = status or STREAMING
        self.blocks = list(blocks)
        self.closed = len(self.blocks)
        self.upto = upto
        self._words, self._thoughts = Words(text), Words(reasoning)
        self._rules = {
            "reply.started": self._started,
            "reply.delta": self._delta,
            "reply.reasoning": self._reasoning,
            "reply.html": self._html,
            "reply.snapshot": self._snapshot,
            "reply.finished": self._finished,
        }
        truth.check(text, reasoning)

    @property
    def text(self) -> str:
        return self._words.text

    @property
    def reasoning(self) -> str:
        return self._thoughts.text

    @property
    def is_running(self) -> bool:
        return self.status == STREAMING

    def read(self, frame: Frame) -> bool:
        """Take a frame; tells whether something is missing, so that ``reply.sync`` is to be sent."""
        before = self._words.length, self._thoughts.length
        is_missing = self._rules[frame["type"]](frame)
        self.truth.check(self.text, self.reasoning)
        has_shrunk = self._words.length < before[0] or self._thoughts.length < before[1]
        assert not has_shrunk or self.truth.is_torn, f"the text shrank with {frame['type']}"
        return is_missing

    def reconnected(self) -> bool:
        """Note that the line is a new one; tells whether to ask what of the text still holds."""
        self._words.sure = self._thoughts.sure = 0
        return self.is_running

    def _started(self, _frame: Frame) -> bool:
        for words in (self._words, self._thoughts):
            words.sure = 0 if self.is_running else words.length
        self.status = STREAMING
        return False

    def _delta(self, frame: Frame) -> bool:
        return self._grow(self._words, frame)

    def _reasoning(self, frame: Frame) -> bool:
        return self._grow(self._thoughts, frame)

    def _grow(self, words: Words, frame: Frame) -> bool:
        offset, text = frame["offset"], frame["text"]
        if words.is_known(offset, text):
            return False
        if not self.is_running or offset > words.sure:
            return True
        if words.add(offset, text) and words is self._words:
            self._forget_blocks()
        return False

    def _forget_blocks(self) -> None:
        self.blocks, self.closed, self.upto = [], 0, 0

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
        units, thoughts, is_running = _encode(frame["text"]), _encode(frame["reasoning"]), frame["status"] == STREAMING
        is_old = len(units) <= len(self._words.units) and len(thoughts) <= len(self._thoughts.units)
        if is_running and not self.is_running and is_old:
            return False
        was_sure = self._words.sure > 0
        self.status = frame["status"]
        if self._words.show(units):
            self._forget_blocks()
        self._thoughts.show(thoughts)
        if not (is_running and was_sure and frame["upto"] < self.upto and len(frame["blocks"]) <= self.closed):
            self.blocks = [element for block in frame["blocks"] for element in elements_of(block)]
            self.closed = len(self.blocks)
            self.upto = frame["upto"]
        return False

    def _finished(self, frame: Frame) -> bool:
        self.status = frame["status"]
        self._words.replace(frame["text"])
        self._thoughts.replace(frame["reasoning"])
        self.blocks, self.upto = elements_of(frame["html"]), self._words.length
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
