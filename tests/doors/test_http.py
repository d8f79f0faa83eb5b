"""An exchange with whoever reads nothing: it ends, and so does what was made for it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

import pytest

from chatproject.requests import id_of_scope
from doors import asgi, http, running, streaming
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


async def test_bug_in_an_answer_is_logged_with_the_request(caplog: pytest.LogCaptureFixture) -> None:
    async def broken() -> AsyncGenerator[bytes, None]:
        yield PIECE
        await asyncio.sleep(0)
        raise RuntimeError("a bug")

    exchange = exchange_with(Client("nothing"))
    await exchange.write(PIECE)
    await pour(exchange, broken(), failure_frame=told)
    [record] = [one for one in caplog.records if one.exc_info]
    assert exchange.request_id in record.getMessage()


async def test_bug_before_an_answer_is_logged_with_the_request(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_exchange: Exchange) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setitem(asgi.ROUTES, "/v1/x", {"POST": broken})
    client = Client("nothing")
    scope: Any = {"type": "http", "path": "/v1/x", "method": "POST", "headers": []}
    application: Any = None
    await asgi.Doors(application, is_draining=lambda: False)(scope, client.receive, client.send)
    [record] = [one for one in caplog.records if one.exc_info]
    assert id_of_scope(scope) in record.getMessage()
