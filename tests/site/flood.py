"""``python -m tests.site.flood PORT``: our daphne around an application that sends more than anybody reads.

A socket gets ``FRAMES`` frames of a megabyte, as does ``GET /flood``. ``GET /`` says how many were handed to the
server, how many seconds ago the last was, and of how many connections it knows. ``GET /unfinished`` and ``GET /broken``
begin an answer of which nothing more comes. A socket at ``/deaf/`` gets none, and what it sends is not taken until
``GET /listen``.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import TYPE_CHECKING, Any

import django

if TYPE_CHECKING:
    from collections.abc import Callable

FRAMES = 100
FRAME = "x" * (1 << 20)


class Flood:
    def __init__(self) -> None:
        self.sent = 0
        self.received = 0
        self.last = time.monotonic()
        self.may_listen = asyncio.Event()
        self.count_connections: Callable[[], int] = int

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == "/flood":
            await self._flood_answer(send)
        elif scope["path"] in {"/unfinished", "/broken"}:
            await self._begin(send)
            assert scope["path"] == "/unfinished", "broken on purpose"
        elif scope["type"] == "http":
            await self._tell(scope["path"], send)
        elif scope["path"] == "/deaf/":
            await self._listen(receive, send)
        else:
            await self._flood(send)

    async def _tell(self, path: str, send: Any) -> None:
        if path == "/listen":
            self.may_listen.set()
        state = {"sent": self.sent, "received": self.received, "quiet": time.monotonic() - self.last}
        state["connections"] = self.count_connections()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": json.dumps(state).encode()})

    async def _begin(self, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"so far", "more_body": True})

    async def _flood_answer(self, send: Any) -> None:
        self.sent = 0
        await self._begin(send)
        for _ in range(FRAMES):
            await send({"type": "http.response.body", "body": FRAME.encode(), "more_body": True})
            self._count()
        await send({"type": "http.response.body", "body": b""})

    async def _listen(self, receive: Any, send: Any) -> None:
        await receive()  # that somebody connects
        await send({"type": "websocket.accept"})
        await self.may_listen.wait()
        while (await receive())["type"] != "websocket.disconnect":
            self.received += 1

    async def _flood(self, send: Any) -> None:
        self.sent = 0
        await send({"type": "websocket.accept"})
        for _ in range(FRAMES):
            await send({"type": "websocket.send", "text": FRAME})
            self._count()

    def _count(self) -> None:
        self.sent += 1
        self.last = time.monotonic()


def main() -> None:
    django.setup()
    from chatproject.daphne_server import ChatServer  # noqa: PLC0415 - the settings come first

    endpoint = f"tcp:port={sys.argv[1]}:interface=127.0.0.1"
    flood = Flood()
    server = ChatServer(flood, [endpoint], on_start=lambda: None, on_listen=lambda *_: None)
    flood.count_connections = lambda: len(server.connections)
    server.run()


if __name__ == "__main__":
    main()
