"""How long a model thought in one run of a reply, and the blocks of reasoning that its provider signed."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MAX_SIGNED_BYTES = 2_000_000
NUL = b"\\u0000"


@dataclass(frozen=True, slots=True)
class Reasoning:
    """What a reply thought in all its runs; ``ms`` is None where nobody measured it."""

    text: str
    ms: int | None = None
    signed: list[Mapping[str, Any]] = field(default_factory=list)


class Thinking:
    """A clock that runs while the model thinks, and what it signed."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self.blocks: list[Mapping[str, Any]] = []
        self._now = now
        self._since: float | None = None
        self._seconds: float | None = None
        self._room = MAX_SIGNED_BYTES

    @property
    def ms(self) -> int | None:
        return None if self._seconds is None else round(self._seconds * 1000)

    def go_on(self) -> None:
        if self._since is None:
            self._since = self._now()

    def rest(self) -> None:
        if self._since is not None:
            self._seconds = (self._seconds or 0.0) + self._now() - self._since
            self._since = None

    def sign(self, block: Mapping[str, Any]) -> None:
        """Keep a block, unchanged or not at all: what is too large or cannot be stored as it is would be refused."""
        written = orjson.dumps(block)
        self._room -= len(written)
        if self._room >= 0 and NUL not in written:
            self.blocks.append(block)

    def add_to(self, former: Reasoning, text: str) -> Reasoning:
        """Give what is to be stored: ``text`` is all reasoning, of the former runs and of this one."""
        self.rest()
        spent = [ms for ms in (former.ms, self.ms) if ms is not None]
        return Reasoning(text, sum(spent) if spent else None, [*former.signed, *self.blocks])
