"""An exchange with whoever reads nothing: it ends, and so does what was made for it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

import pytest

from doors import http, running, streaming
from doors.http import ClientGone, Exchange
from doors.streaming import MOST_UNSENT, pour

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from asgiref.typing import HTTPScope

PIECE = b"x" * 1024


class Client:
    """Somebody who takes no event of the kind ``deaf_to`` (``start`` or ``body``), and whatever else comes."""

    def __init__(self, deaf_to: str) -> None:
        self._deaf_to = deaf_to
        self.gone = asyncio.Event()

    async def receive(self) -> Any:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, event: Any) -> None:
        if event["type"].endswith(self._deaf_to):
            await asyncio.Event().wait()


def exchange_with(client: Client) -> Exchange:
    scope = cast("HTTPScope", {"type": "http", "path": "/v1/x", "method": "POST", "headers": []})
    return Exchange(scope, client.receive, client.send)


class Answer:
    """An answer without end, which counts what was taken of it."""

    def __init__(self) -> None:
        self.taken = 0
        self.is_closed = False

    async def frames(self) -> AsyncGenerator[bytes, None]:
        try:
            while True:
                self.taken += len(PIECE)
                yield PIECE
        finally:
            self.is_closed = True


def told(_error: Exception) -> bytes:
    return b""


@pytest.mark.parametrize("deaf_to", ["start", "body"])
async def test_client_that_takes_nothing_ends_the_answer(deaf_to: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "WRITE_SECONDS", 0.1)
    answer = Answer()
    with pytest.raises(ClientGone):
        await pour(exchange_with(Client(deaf_to)), answer.frames(), failure_frame=told)
    assert answer.is_closed
    assert answer.taken <= 2 * MOST_UNSENT + 2 * len(PIECE)
    assert not running._answers


async def test_client_that_takes_nothing_of_a_whole_answer_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "WRITE_SECONDS", 0.1)
    with pytest.raises(ClientGone):
        await exchange_with(Client("start")).answer(200, {})


async def test_client_that_hangs_up_in_a_silence_ends_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "PING_SECONDS", 600)
    client, closed = Client("nothing"), asyncio.Event()
    waiting = asyncio.Event()

    async def silence() -> AsyncGenerator[bytes, None]:
        try:
            yield PIECE
            waiting.set()
            await asyncio.Event().wait()
        finally:
            closed.set()

    pouring = asyncio.create_task(pour(exchange_with(client), silence(), failure_frame=told))
    await waiting.wait()
    client.gone.set()
    with pytest.raises(ClientGone):
        await pouring
    assert closed.is_set()
