"""Writes an answer while it is made: what comes together goes out in one write, and a silence is broken by a ping."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING

from chatproject.errors import as_domain_error
from doors.http import ClientGone, result_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from chatproject.errors import DomainError
    from doors.http import Exchange

PING = b": ping\n\n"
PING_SECONDS = 15.0
MOST_UNSENT = 1 << 16
"""Bytes that wait for a client who reads slowly; then the model has to wait, too."""


async def pour(
    exchange: Exchange,
    frames: AsyncGenerator[bytes, None],
    *,
    failure_frame: Callable[[DomainError], bytes],
) -> None:
    """Send the frames of an event stream; raises what they raise before anything was written, and ClientGone.

    What fails after a first write, and PING, which breaks a silence, is one, is told by ``failure_frame``. Who hangs up
    closes ``frames``.
    """
    outbox = _Outbox()
    async with exchange.attended(outbox.fill(frames)) as (work, gone):
        for task in (work, gone):
            task.add_done_callback(outbox.wake)
        while data := await outbox.take(work, gone):
            await exchange.write(data)
        if gone.done() and not work.done():
            raise ClientGone
        try:
            result_of(work)
        except Exception as error:
            if not exchange.has_begun:
                raise
            await exchange.write(failure_frame(as_domain_error(error, request_id=exchange.request_id)))
    await exchange.end()


class _Outbox:
    def __init__(self) -> None:
        self._frames: list[bytes] = []
        self._length = 0
        self._woken, self._emptied = asyncio.Event(), asyncio.Event()

    async def fill(self, frames: AsyncGenerator[bytes, None]) -> None:
        async with aclosing(frames):
            async for frame in frames:
                self._frames.append(frame)
                self._length += len(frame)
                self._woken.set()
                if self._length > MOST_UNSENT:
                    self._emptied.clear()
                    await self._emptied.wait()

    def wake(self, _ended: object) -> None:
        self._woken.set()

    async def take(self, work: asyncio.Task[None], gone: asyncio.Task[None]) -> bytes:
        """Give what there is to send: nothing when the work has ended, or the client is gone."""
        while not (self._frames or work.done() or gone.done()):
            self._woken.clear()
            try:
                async with asyncio.timeout(PING_SECONDS):
                    await self._woken.wait()
            except TimeoutError:
                return PING
        if gone.done():
            return b""
        data = b"".join(self._frames)
        self._frames.clear()
        self._length = 0
        self._emptied.set()
        return data
