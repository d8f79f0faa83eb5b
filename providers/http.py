"""The connections to all providers: one pool for each event loop, and what the vendors' libraries may do with it."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any

import aiohttp
import httpx2

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator

    from providers.timeouts import Limits

USER_AGENT = "chatproject"
MAX_CONNECTIONS = 10_000
KEEP_ALIVE_SECONDS = 30
DRAIN_SECONDS = 0.25

TRANSPORT_ERRORS = (httpx2.HTTPError, aiohttp.ClientError, OSError)
"""What a broken connection can raise while a body is read; not all of it is wrapped by the vendors' libraries."""

# At their debug levels these write whole requests, with the words of people in them.
for _name in ("openai", "anthropic", "httpx2", "httpcore2"):
    logging.getLogger(_name).setLevel(logging.WARNING)

_clients: dict[asyncio.AbstractEventLoop, httpx2.AsyncClient] = {}


class _SecondTry(httpx2.AsyncClient):
    """Sends again, once, what a kept connection lost.

    Its server may have closed it a moment ago, for idleness or after a fault, which shows only when it is used. Nothing
    has been answered then, and whoever cannot be connected to is not asked twice.
    """

    async def send(self, request: httpx2.Request, **options: Any) -> httpx2.Response:
        try:
            return await super().send(request, **options)
        except httpx2.TransportError as error:
            is_lost = isinstance(error.__cause__, aiohttp.ServerDisconnectedError | aiohttp.ClientOSError)
            if not is_lost or isinstance(error.__cause__, aiohttp.ClientConnectorError):
                raise
        return await super().send(request, **options)


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
        client = type("Client", (_SecondTry, factory), {})
        _clients[loop] = client(
            trust_env=False,
            follow_redirects=False,
            verify=tls_context(),
            timeout=None,
            headers={"Accept-Encoding": "identity"},
            limits=httpx2.Limits(max_connections=MAX_CONNECTIONS, keepalive_expiry=KEEP_ALIVE_SECONDS),
        )
    return _clients[loop]


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
            async for _ in chunks:
                pass
