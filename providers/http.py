"""The connections to all providers: one pool for each event loop, and what the vendors' libraries may do with it."""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing, asynccontextmanager, suppress
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol, cast

import aiohttp
import httpx2
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncGenerator, AsyncIterator

    from providers.timeouts import Limits

USER_AGENT = "chatproject"
MAX_CONNECTIONS = 10_000
KEEP_ALIVE_SECONDS = 4
"""Shorter than the 5 s after which common servers close an idle connection: a question that met the close could not be
sent again, because nobody knows whether it was read, and it must not be answered (and paid) twice."""

DRAIN_SECONDS = 0.25

MOST_BYTES_OF_ERROR = 64 << 10
MOST_BYTES_OF_LIST = 8 << 20

TRANSPORT_ERRORS = (httpx2.HTTPError, aiohttp.ClientError, OSError)
"""What a broken connection can raise while a body is read; not all of it is wrapped by the vendors' libraries."""

# At their debug levels these write whole requests, with the words of people in them.
for _name in ("openai", "anthropic", "httpx2", "httpcore2"):
    logging.getLogger(_name).setLevel(logging.WARNING)

_clients: dict[asyncio.AbstractEventLoop, httpx2.AsyncClient] = {}


@cache
def tls_context() -> ssl.SSLContext:
    """Load the certificates, once; this takes tens of milliseconds, so it is done early and off the event loop."""
    return httpx2.create_ssl_context(trust_env=False)


def shared_client(factory: type[httpx2.AsyncClient]) -> httpx2.AsyncClient:
    """Give the running loop's client, made by ``factory`` when there is none.

    It follows no redirects, so that a key never travels to another host, and takes nothing from the environment.
    Compression is not asked for: whoever compresses a stream also delays it.
    """
    loop = asyncio.get_running_loop()
    for stale in [one for one in _clients if one.is_closed()]:
        del _clients[stale]
    if loop not in _clients or _clients[loop].is_closed:
        _clients[loop] = factory(
            trust_env=False,
            follow_redirects=False,
            verify=tls_context(),
            timeout=None,
            headers={"Accept-Encoding": "identity"},
            limits=httpx2.Limits(max_connections=MAX_CONNECTIONS, keepalive_expiry=KEEP_ALIVE_SECONDS),
            event_hooks={"response": [_tame]},
        )
    return _clients[loop]


class _Bounded(httpx2.AsyncByteStream):
    """A body of at most ``most`` bytes: of an error the beginning says enough, a list cut short would be a lie."""

    def __init__(self, stream: httpx2.AsyncByteStream, most: int, *, is_error: bool) -> None:
        self._stream = stream
        self._most = most
        self._is_error = is_error

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = self._most
        async for chunk in self._stream:
            yield chunk[:left]
            left -= len(chunk)
            if left < 0 and not self._is_error:
                raise httpx2.ReadError(_("a body without end"))
            if left <= 0 and self._is_error:
                return

    async def aclose(self) -> None:
        await self._stream.aclose()


async def _tame(response: httpx2.Response) -> None:
    """Bound the bodies that are read as a whole, and take all as they come: in UTF-8, and never to be inflated."""
    response.headers.pop("content-encoding", None)
    response.encoding = "utf-8"
    is_error = not response.is_success
    if isinstance(response.stream, httpx2.AsyncByteStream) and (is_error or response.request.method == "GET"):
        most = MOST_BYTES_OF_ERROR if is_error else MOST_BYTES_OF_LIST
        response.stream = _Bounded(response.stream, most, is_error=is_error)


class Poster(Protocol):
    """A vendor's client, of which only the sending is used."""

    async def post(self, path: str, *, cast_to: Any, body: Any, stream: bool) -> Any: ...


@asynccontextmanager
async def posted(client: Poster, path: str, body: dict[str, Any]) -> AsyncGenerator[httpx2.Response, None]:
    """Send a body as it stands, and give the answer, to be read as it comes; it is closed at the end.

    The clients' own methods would walk through every message, and wrap every piece of an answer.
    """
    response: httpx2.Response = await client.post(path, cast_to=httpx2.Response, body=body, stream=True)
    try:
        yield response
    finally:
        await response.aclose()


@asynccontextmanager
async def pieces(response: httpx2.Response) -> AsyncGenerator[AsyncIterator[bytes], None]:
    """Give the pieces of a body as they arrived; :func:`_tame` sees that there is nothing to inflate."""
    stream = cast("httpx2.AsyncByteStream", response.stream)
    chunks = cast("AsyncGenerator[bytes, None]", aiter(stream))
    async with aclosing(chunks):
        yield chunks


async def close_client() -> None:
    """Close the running loop's connections."""
    client = _clients.pop(asyncio.get_running_loop(), None)
    if client is not None:
        await client.aclose()


def timeout(limits: Limits) -> httpx2.Timeout:
    """Limit the connecting only; how long an answer may take is watched elsewhere."""
    return httpx2.Timeout(connect=limits.connect, pool=limits.connect, read=None, write=None)


async def drain(chunks: AsyncIterator[bytes]) -> None:
    """Read what follows the end of an answer, for a moment: a body read to its end leaves its connection reusable."""
    with suppress(TimeoutError, *TRANSPORT_ERRORS):
        async with asyncio.timeout(DRAIN_SECONDS):
            async for _chunk in chunks:
                pass
