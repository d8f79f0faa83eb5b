"""``python -m tests.site.flood PORT``: our daphne around an application that sends more than anybody reads.

A socket gets ``FRAMES`` frames of a megabyte, and so does ``GET /flood/``; ``GET /`` says how many were handed to the
server, and how many seconds ago the last was. A socket at ``/deaf/`` gets none, and what it sends is not taken until
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

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == "/flood/":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await self._flood(send, lambda: {"type": "http.response.body", "body": FRAME.encode(), "more_body": True})
            await send({"type": "http.response.body"})
        elif scope["type"] == "http":
            await self._tell(scope["path"], send)
        elif scope["path"] == "/deaf/":
            await self._listen(receive, send)
        else:
            await send({"type": "websocket.accept"})
            await self._flood(send, lambda: {"type": "websocket.send", "text": FRAME})

    async def _tell(self, path: str, send: Any) -> None:
        if path == "/listen":
            self.may_listen.set()
        state = {"sent": self.sent, "received": self.received, "quiet": time.monotonic() - self.last}
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": json.dumps(state).encode()})

    async def _listen(self, receive: Any, send: Any) -> None:
        await receive()  # that somebody connects
        await send({"type": "websocket.accept"})
        await self.may_listen.wait()
        while (await receive())["type"] != "websocket.disconnect":
            self.received += 1

    async def _flood(self, send: Any, make: Callable[[], Any]) -> None:
        self.sent = 0
        for _ in range(FRAMES):
            await send(make())
            self.sent += 1
            self.last = time.monotonic()


def main() -> None:
    django.setup()
    from chatproject.daphne_server import ChatServer  # noqa: PLC0415 - the settings come first

    endpoint = f"tcp:port={sys.argv[1]}:interface=127.0.0.1"
    ChatServer(Flood(), [endpoint], on_start=lambda: None, on_listen=lambda *_: None).run()


if __name__ == "__main__":
    main()
