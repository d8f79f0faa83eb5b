"""A call's answer as a sequence of steps: bytes to write, seconds to wait, and how the connection ends."""

from __future__ import annotations

import json
from enum import Enum
from typing import TYPE_CHECKING

from tests.fake_provider.behaviour import Behaviour, pieces, thoughts_of
from tests.fake_provider.billing import Tokens, sent_so_far, usage_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fake_provider.wire import Event, Wire


class End(Enum):
    """How the body ends; where the steps just run out, it ends in order."""

    CUT = "cut"
    DROP = "drop"
    RESET = "reset"
    HANG = "hang"


Step = bytes | float | End


class Plan:
    """The steps of one streamed answer; ``sent_chars`` follows the text that was handed out.

    ``prompt`` is what the question comes to, in tokens.
    """

    def __init__(
        self, wire: Wire, behaviour: Behaviour, question: str, *, prompt: int, include_usage: bool = True
    ) -> None:
        self.wire = wire
        self.behaviour = behaviour
        self.question = question
        self.prompt = prompt
        self.include_usage = include_usage
        self.sent_chars = 0
        self._sent: list[str] = []
        self._thought: list[str] = []

    @property
    def usage(self) -> Tokens:
        """What the answer, ending here in order, says of itself."""
        return usage_of(self.behaviour, self.prompt, "".join(self._sent), "".join(self._thought))

    @property
    def cost_so_far(self) -> Tokens:
        return sent_so_far(self.prompt, "".join(self._sent), "".join(self._thought))

    def steps(self) -> Iterator[Step]:
        if self.behaviour.raw:
            yield from self.behaviour.raw
            yield from self._incident()[1]
            return
        yield self.behaviour.first_delay
        if self.behaviour.pings:
            yield from self._first_pings()
        yield from self._events(self.wire.start(self.behaviour, self.usage))
        yield from self._reasoning()
        for ended in self._text():
            yield ended
            if isinstance(ended, End):
                return
        yield from self._events(self.wire.calls(self.behaviour))
        finish = self.wire.finish(self.behaviour, self.usage, include_usage=self.include_usage)
        yield from self._events(finish)

    def _first_pings(self) -> Iterator[Step]:
        if self.behaviour.hang is None:
            yield from self._pings()

    def _reasoning(self) -> Iterator[Step]:
        text = thoughts_of(self.behaviour)
        for start in range(0, len(text), self.behaviour.chunk):
            piece = text[start : start + self.behaviour.chunk]
            self._thought.append(piece)
            yield from self._events(self.wire.reasoning(self.behaviour, piece))
            yield self.behaviour.delay
        if self.behaviour.redacted:
            yield from self._events(self.wire.redacted())

    def _text(self) -> Iterator[Step]:
        """Send the pieces; a piece that holds the place where something happens is split there."""
        place, what = self._incident()
        oddities = iter([self._oddities()])
        if place == 0:
            yield from what
            return
        for piece in pieces(self.behaviour, self.question):
            head = piece if place is None else piece[: place - self.sent_chars]
            yield from self._events(self.wire.text(head), head)
            yield from next(oddities, ())
            if self.sent_chars == place:
                yield from what
                return
            yield self.behaviour.delay

    def _incident(self) -> tuple[int | None, Iterator[Step]]:
        told = self.behaviour
        if told.error_at is not None:
            return told.error_at, self._error()
        if told.hang is not None:
            return told.hang, self._hang()
        ends = {End.CUT: told.cut, End.DROP: told.drop, End.RESET: told.reset}
        for end, place in ends.items():
            if place is not None:
                return place, iter([end])
        return None, iter(())

    def _error(self) -> Iterator[Step]:
        yield self._encode(self.wire.error(self.behaviour))
        yield End.CUT

    def _hang(self) -> Iterator[Step]:
        if self.behaviour.pings:
            yield from self._pings()
        yield End.HANG

    def _pings(self) -> Iterator[Step]:
        while True:
            yield self.wire.ping()
            yield max(self.behaviour.delay, 0.01)

    def _oddities(self) -> Iterator[Step]:
        told = self.behaviour
        for _ in range(told.bad_json):
            yield self._encode((None, '{"cut": "in the mid'))
        if told.long_line:
            yield self._encode((None, '{"pad":"' + "x" * told.long_line + '"}'))
        if told.unknown_events:
            yield from self._events(self.wire.unknown())
        if told.empty_deltas:
            yield from self._events(self.wire.text(""))

    def _events(self, events: Iterator[Event], text: str = "") -> Iterator[Step]:
        for event in events:
            yield self._encode(event)
        self.sent_chars += len(text)
        self._sent.append(text)

    def _encode(self, event: Event) -> bytes:
        name, data = event
        lines = [": a comment"] if self.behaviour.comments else []
        lines += [f"event: {name}"] if name else []
        colon = "data:" if self.behaviour.nospace else "data: "
        if self.behaviour.multiline and data.startswith("{"):
            data = json.dumps(json.loads(data), ensure_ascii=False, indent=0)
        lines += [colon + part for part in data.split("\n")]
        newline = "\r\n" if self.behaviour.crlf else "\n"
        return (newline.join(lines) + newline * 2).encode()
