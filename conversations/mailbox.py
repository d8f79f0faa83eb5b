"""What waits to be written to one socket.

A slow reader costs at most what is here: of deltas and blocks of one reply only the newest waits, and when too much
waits all the same, the socket is to be closed (it comes back and reads what is saved).
"""

from __future__ import annotations

import asyncio

MAX_WAITING_CHARACTERS = 1024 * 1024
MAX_WAITING_FRAMES = 512
MAX_COUNTED = 256 * 1024
"""What one frame counts at most: the snapshot and the end of the longest answer may wait together."""


class Mailbox:
    def __init__(self) -> None:
        self.is_overfull = False
        self._waiting: dict[str, str] = {}
        self._characters = 0
        self._filled = asyncio.Event()
        self._count = 0

    def put(self, text: str, replaces: str = "") -> None:
        """Add a frame; a waiting one with the same ``replaces`` is dropped. What is overfull takes nothing more."""
        if self.is_overfull:
            return
        self._count += 1
        self._characters -= _count(self._waiting.pop(replaces, ""))
        self._waiting[replaces or f"#{self._count}"] = text
        self._characters += _count(text)
        if len(self._waiting) > MAX_WAITING_FRAMES or self._characters > MAX_WAITING_CHARACTERS:
            self.is_overfull = True
        self._filled.set()

    async def take(self) -> str:
        """Wait for the next frame."""
        while not self._waiting:
            self._filled.clear()
            await self._filled.wait()
        text = self._waiting.pop(next(iter(self._waiting)))
        self._characters -= _count(text)
        return text


def _count(text: str) -> int:
    return min(len(text), MAX_COUNTED)
