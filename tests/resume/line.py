"""A bad line: of the frames that tell how a reply grows, some get lost, come twice, or come late."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

    from tests.support.reader import Frame

HURT = {"reply.delta", "reply.reasoning", "reply.html", "reply.snapshot", "reply.finished"}


class BadLine:
    """``badness`` is the share of frames that are hurt. Nothing of one run arrives after the next has begun."""

    def __init__(self, random: Random, badness: float) -> None:
        self._random = random
        self._badness = badness
        self._late: list[tuple[int, Frame]] = []
        self._count = 0

    def carry(self, frame: Frame) -> list[Frame]:
        """Give what arrives when the server sends this frame."""
        self._count += 1
        if frame["type"] == "reply.started":
            return [*self._overdue(everything=True), frame]
        fate = self._random.choice(("lost", "twice", "late")) if self._is_hurt(frame) else "arrives"
        if fate == "late":
            self._late.append((self._count + self._random.randint(1, 4), frame))
        return [frame] * {"arrives": 1, "twice": 2}.get(fate, 0) + self._overdue()

    def cut(self) -> None:
        """Forget what was under way."""
        self._late.clear()

    def _is_hurt(self, frame: Frame) -> bool:
        return frame["type"] in HURT and self._random.random() < self._badness

    def _overdue(self, *, everything: bool = False) -> list[Frame]:
        overdue = [frame for due, frame in self._late if everything or due <= self._count]
        self._late = [(due, frame) for due, frame in self._late if not everything and due > self._count]
        return overdue
