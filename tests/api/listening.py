"""A program that asks and listens over HTTP: it cuts at the offset and appends, as docs/api.md tells it to."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import httpx2

from tests.support.tokens import bearer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.support.server import Server

PATIENCE = 30.0


@dataclass
class Event:
    kind: str = ""
    id: str = ""
    data: Any = None


@dataclass
class Heard:
    """What somebody has of one reply."""

    text: str = ""
    reasoning: str = ""
    last_id: str = "0.0"
    finished: dict[str, Any] | None = None
    cuts: int = 0

    def take(self, event: Event) -> None:
        self.last_id = event.id
        if event.kind == "delta":
            self.text = self._grown(self.text, event.data)
        elif event.kind == "reasoning":
            self.reasoning = self._grown(self.reasoning, event.data)
        elif event.kind == "finished":
            self.finished = event.data
        else:
            assert event.kind == "accepted", event

    def _grown(self, shown: str, data: dict[str, Any]) -> str:
        units = shown.encode("utf-16-le")
        assert len(units) >= 2 * data["offset"], "a gap"
        self.cuts += len(units) > 2 * data["offset"]
        grown: bytes = units[: 2 * data["offset"]] + data["text"].encode("utf-16-le")
        return grown.decode("utf-16-le")


@dataclass
class Program:
    """Whoever has a token."""

    server: Server
    token: str
    base: str = ""
    client: httpx2.AsyncClient = field(init=False)

    async def __aenter__(self) -> Self:
        self.client = httpx2.AsyncClient(
            base_url=self.base or self.server.url, headers=bearer(self.token), timeout=PATIENCE
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.client.aclose()

    async def post(self, path: str, **body: Any) -> httpx2.Response:
        return await self.client.post(path, json=body)

    async def get(self, path: str) -> httpx2.Response:
        return await self.client.get(path)

    @asynccontextmanager
    async def listen(self, path: str, last_id: str = "", /, **body: Any) -> AsyncIterator[AsyncIterator[Event]]:
        """Open a stream of events, by POST where there is a body; raises where it is refused."""
        headers = {"Last-Event-ID": last_id} if last_id else {}
        request: dict[str, Any] = {"json": body | {"stream": True}} if body else {}
        async with self.client.stream("POST" if body else "GET", path, headers=headers, **request) as response:
            if response.status_code != 200:
                raise AssertionError((response.status_code, await response.aread()))
            assert response.headers["content-type"] == "text/event-stream"
            yield events_of(response.aiter_lines())

    async def hear(self, path: str, heard: Heard | None = None, /, **body: Any) -> Heard:
        """Listen to one reply to its end, from what was heard of it before on."""
        heard = heard or Heard()
        async with self.listen(path, heard.last_id if heard.text else "", **body) as events:
            async for event in events:
                heard.take(event)
        return heard


async def events_of(lines: AsyncIterator[str]) -> AsyncIterator[Event]:
    """Read events as the standard tells; comments are left out."""
    event = Event()
    async for line in lines:
        name, _colon, value = line.partition(": ")
        if name == "event":
            event.kind = value
        elif name == "id":
            event.id = value
        elif name == "data":
            event.data = json.loads(value)
        elif not line and event.kind:
            yield event
            event = Event()
