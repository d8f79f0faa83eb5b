"""One request of a program and its answer, on bare ASGI: fast, because it is little."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import orjson

from chatproject.errors import DomainError, Unavailable
from chatproject.requests import id_of_scope
from doors import running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine, Iterable

    from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, ASGISendEvent, HTTPScope

    from accounts.limits import Allowance

T = TypeVar("T")
Header = tuple[bytes, bytes]

BODY_SECONDS = 60.0
"""In which a whole request has to come."""

WRITE_SECONDS = 60.0
"""For which a client may take nothing of what is written to it."""

JSON: Header = (b"content-type", b"application/json")
EVENTS: tuple[Header, ...] = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache, no-transform"),
    (b"x-accel-buffering", b"no"),
)


class ClientGone(Exception):
    """Whoever asked has hung up, or reads nothing any more; nobody is left to be answered."""


class Unauthorized(DomainError):
    code = "unauthorized"
    http_status = 401


class UnsupportedMediaType(DomainError):
    code = "unsupported_media_type"
    http_status = 415


class RequestTimeout(DomainError):
    code = "timeout"
    http_status = 408


class Exchange:
    """A request with its answer, which is whole (``answer``) or grows (``write``, then ``end``)."""

    def __init__(self, scope: HTTPScope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        self.path, self.method = scope["path"], scope["method"]
        self.request_id = id_of_scope(scope)
        self.has_begun = False
        self._sent_headers = scope["headers"]
        self._receive, self._send = receive, send
        self._is_read = False
        self._further: list[Header] = []

    # The request

    def header(self, name: bytes) -> str:
        """Give the first header of this name, in lower case, or nothing."""
        return next((value.decode("latin-1") for key, value in self._sent_headers if key == name), "")

    def secret(self) -> str:
        """Give the token that came along, in either of the two headers that clients know; raises Unauthorized."""
        scheme, _space, secret = self.header(b"authorization").partition(" ")
        found = secret.strip() if scheme.lower() == "bearer" else self.header(b"x-api-key").strip()
        if not found:
            raise Unauthorized("Send a token of this site, as “Authorization: Bearer …”. You make one in its settings.")
        return found

    async def read_body(self) -> bytes:
        """Read the body, which says that it is JSON; raises UnsupportedMediaType and RequestTimeout."""
        kind = self.header(b"content-type").partition(";")[0].strip().lower()
        if kind != "application/json" or self.header(b"content-encoding").lower() not in {"", "identity"}:
            raise UnsupportedMediaType("Send the body as plain JSON, with “Content-Type: application/json”.")
        try:
            async with asyncio.timeout(BODY_SECONDS):
                return await self._read_pieces()
        except TimeoutError:
            raise RequestTimeout("The request did not arrive whole in time.") from None

    async def _read_pieces(self) -> bytes:
        pieces = []
        while not self._is_read:
            event = await self._receive()
            if event["type"] != "http.request":
                raise ClientGone
            pieces.append(event.get("body", b""))
            self._is_read = not event.get("more_body", False)
        return b"".join(pieces)

    # The answer

    def add_headers(self, headers: Iterable[Header]) -> None:
        """Have headers sent with whatever answer comes."""
        self._further += headers

    def note_limits(self, allowance: Allowance) -> None:
        """Have told what is left of the messages' limit."""
        told = {"limit": allowance.limit, "remaining": allowance.remaining, "reset": allowance.reset}
        self.add_headers((f"x-ratelimit-{name}".encode(), str(value).encode()) for name, value in told.items())

    async def answer(self, status: int, document: object) -> None:
        body = orjson.dumps(document)
        await self._begin(status, [JSON, (b"content-length", str(len(body)).encode())])
        await self._send_body(body, more=False)

    async def write(self, data: bytes) -> None:
        """Send a piece of an event stream, which begins with the first one; raises ClientGone."""
        if not self.has_begun:
            await self._begin(200, list(EVENTS))
        await self._send_body(data, more=True)

    async def end(self) -> None:
        await self._send_body(b"", more=False)

    async def _begin(self, status: int, headers: list[Header]) -> None:
        self.has_begun = True
        headers += self._further
        await self._deliver({"type": "http.response.start", "status": status, "headers": headers, "trailers": False})

    async def _send_body(self, data: bytes, *, more: bool) -> None:
        await self._deliver({"type": "http.response.body", "body": data, "more_body": more})

    async def _deliver(self, event: ASGISendEvent) -> None:
        """Hand something to the server, which waits where a client takes nothing, also of an answer before this one."""
        try:
            async with asyncio.timeout(WRITE_SECONDS):
                await self._send(event)
        except (TimeoutError, OSError):
            raise ClientGone from None

    # While the answer is made

    async def attend(self, work: Coroutine[Any, Any, T]) -> T:
        """Do what makes the answer while somebody waits for it; raises what the work does, and ClientGone."""
        async with self.attended(work) as (task, gone):
            await asyncio.wait((task, gone), return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                raise ClientGone
            return result_of(task)

    @asynccontextmanager
    async def attended(self, work: Coroutine[Any, Any, T]) -> AsyncIterator[tuple[asyncio.Task[T], asyncio.Task[None]]]:
        """Give the task of the work, and one that ends when the client is gone; then nothing of the work goes on."""
        task, gone = running.begin(work), asyncio.create_task(self._wait_gone())
        try:
            yield task, gone
        finally:
            gone.cancel()
            if not task.done():
                task.cancel()
                await asyncio.wait((task,))

    async def _wait_gone(self) -> None:
        while True:
            event = await self._receive()
            if event["type"] == "http.disconnect":
                return


def result_of(task: asyncio.Task[T]) -> T:
    """Give what a task that has ended came to; one that was ended by a drain raises Unavailable."""
    if task.cancelled():
        raise Unavailable("The server is restarting. Please try again in a moment.", retry_after=2)
    return task.result()
