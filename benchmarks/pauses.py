"""The site's application, with a clock in its event loop: ``GET /_pauses`` tells the longest pause since the last time.

A pause is how much later than asked for a sleep of five milliseconds ends; ``busy`` is how much processor time the
loop's own thread used in it, which tells work of ours from waiting for a processor that something else has.
"""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING

from chatproject.asgi import application as site

if TYPE_CHECKING:
    from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, Scope

INTERVAL = 0.005


class Clock:
    def __init__(self) -> None:
        self.longest = self.busy = 0.0

    async def run(self) -> None:
        while True:
            before, used = time.perf_counter(), time.thread_time()
            await asyncio.sleep(INTERVAL)
            self.longest = max(self.longest, time.perf_counter() - before - INTERVAL)
            self.busy = max(self.busy, time.thread_time() - used)

    def take(self) -> dict[str, float]:
        taken = {"longest": self.longest, "busy": self.busy}
        self.longest = self.busy = 0.0
        return taken


clock = Clock()
_tasks: set[asyncio.Task[None]] = set()


async def application(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    if scope["type"] == "lifespan":
        _tasks.add(asyncio.create_task(clock.run()))
    if scope["type"] != "http" or scope["path"] != "/_pauses":
        await site(scope, receive, send)
        return
    await send({"type": "http.response.start", "status": 200, "headers": [], "trailers": False})
    await send({"type": "http.response.body", "body": json.dumps(clock.take()).encode(), "more_body": False})
