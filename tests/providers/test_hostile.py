"""What a provider sends that means harm, or is broken beyond recognition: it costs neither memory nor composure."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from providers import http
from providers.port import BadCredentials, ProviderConfig, ProviderError, ProviderUnavailable, RequestRefused
from providers.registry import make_provider
from tests.providers.asking import KEY, ask

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from providers.port import Provider

pytestmark = pytest.mark.parametrize("kind", ["openai", "anthropic"])


class Server:
    """Answers every request with one head and a body that goes on as long as somebody reads."""

    def __init__(self, head: str, piece: bytes, *, times: int) -> None:
        self._head, self._piece, self._times = head, piece, times
        self.sent = 0
        self.root_url = ""

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(f"HTTP/1.1 {self._head}\r\nConnection: close\r\n\r\n".encode())
            for _ in range(self._times):
                writer.write(self._piece)
                await writer.drain()
                self.sent += len(self._piece)
        except ConnectionError:
            pass
        finally:
            writer.close()


@asynccontextmanager
async def serving(head: str, piece: bytes, *, times: int = 1) -> AsyncIterator[Server]:
    told = Server(head, piece, times=times)
    async with await asyncio.start_server(told.answer, "127.0.0.1", 0) as server:
        told.root_url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield told
        await http.close_client()


def asked_of(server: Server, kind: str) -> Provider:
    url = server.root_url + ("/v1" if kind == "openai" else "")
    return make_provider(ProviderConfig(kind, kind, "Mine", url, (KEY,)))


ENDLESS = 400
MEGABYTE = b"a" * 1_000_000
BUFFERED = 16_000_000
"""More than the system's buffers of one connection hold."""


@pytest.mark.parametrize(
    ("status", "error"), [("500 X", ProviderUnavailable), ("401 X", BadCredentials), ("307 X", ProviderUnavailable)]
)
async def test_errors_without_end_are_read_at_their_beginning(
    kind: str, status: str, error: type[ProviderError]
) -> None:
    async with serving(status, MEGABYTE, times=ENDLESS) as server:
        with pytest.raises(ProviderError) as caught:
            await ask(asked_of(server, kind))

        assert type(caught.value) is error
        assert server.sent < BUFFERED


async def test_lists_without_end_are_given_up(kind: str) -> None:
    async with serving("200 X", MEGABYTE, times=ENDLESS) as server:
        with pytest.raises(ProviderUnavailable):
            await asked_of(server, kind).list_models()

        assert server.sent < http.MOST_BYTES_OF_LIST + BUFFERED


@pytest.mark.parametrize("field", ["Content-Encoding: gzip", "Content-Type: text/plain; charset=zip"])
async def test_errors_are_read_as_they_come(kind: str, field: str) -> None:
    async with serving(f"400 X\r\n{field}", b"\x1f\x8b no archive") as server:
        with pytest.raises(RequestRefused):
            await ask(asked_of(server, kind))


NESTED = b'{"error":' + b"[" * 980 + b"]" * 980 + b"}"


@pytest.mark.parametrize("head", ["400 X", "200 X\r\nContent-Type: text/event-stream"])
async def test_errors_nested_without_reason_are_errors(kind: str, head: str) -> None:
    body = NESTED if head == "400 X" else b"data: " + NESTED.replace(b'{"', b'{"type":"error","') + b"\n\n"
    async with serving(head, body) as server:
        with pytest.raises(ProviderError):
            await ask(asked_of(server, kind))


@pytest.mark.parametrize(
    ("told", "is_logged"),
    [("req_0123abcd-9", True), (KEY, False), (KEY[4:14].upper(), False), (f"x-{KEY[-8:]}", False), ("a b; c", False)],
)
@pytest.mark.parametrize("name", ["X-Request-Id", "Request-Id"])
async def test_request_is_named_in_the_log_unless_it_tells_a_key(
    kind: str, name: str, told: str, *, is_logged: bool, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(f"400 X\r\n{name}: {told}", b"{}") as server:
        with pytest.raises(RequestRefused):
            await ask(asked_of(server, kind))

    assert (told in caplog.text) == is_logged
