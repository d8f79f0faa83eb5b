"""Refuses what no page of ours sends at the door: strange methods and addresses, too many headers, endless bodies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, cast

from chatproject.answers import refuse
from chatproject.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from uuid import UUID

    from asgiref.typing import (
        ASGI3Application,
        ASGIReceiveCallable,
        ASGIReceiveEvent,
        ASGISendCallable,
        ASGISendEvent,
        HTTPScope,
        Scope,
    )
    from django.http import HttpRequest

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
MAX_HEADERS = 100
MAX_HEADER_BYTES = 64 * 1024
Refusal: TypeAlias = tuple[int, str] | tuple[int, str, tuple[bytes, bytes]]
_ADMITTED = "admitted"
TOO_LARGE = "That is more than this site takes at once."


class BodyTooLarge(DomainError):
    """More arrived than the site takes; raised in whoever reads it, who may answer."""

    code = "too_large"
    http_status = 413


class Admission(Protocol):
    """A body that may come, of up to ``most`` bytes, until its ``end``; ``sender`` is whom it was counted for."""

    @property
    def most(self) -> int: ...
    @property
    def sender(self) -> UUID | None: ...
    def end(self) -> None: ...


class RequestLimits:
    """Answers 400, 405, 431 or 413 instead of handing the request on.

    A body that says it is larger than ``max_body`` passes where ``admit`` lets it; it is asked with the request, the
    length and ``max_body``, before anything of the body is read, and raises a DomainError where it says no.
    """

    def __init__(
        self,
        application: ASGI3Application,
        *,
        max_body: int,
        admit: Callable[[HTTPScope, int, int], Awaitable[Admission]],
    ) -> None:
        self._application = application
        self._max_body = max_body
        self._admit = admit

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        if scope["type"] != "http":
            await self._application(scope, receive, send)
        elif refusal := self._refusal(scope):
            await refuse(scope, send, *refusal)
        elif (length := _length(scope)) <= self._max_body:
            await self._limited(scope, receive, send, self._max_body)
        else:
            await self._admitted(scope, receive, send, length)

    async def _admitted(
        self, scope: HTTPScope, receive: ASGIReceiveCallable, send: ASGISendCallable, length: int
    ) -> None:
        try:
            admitted = await self._admit(scope, length, self._max_body)
        except DomainError as error:
            await refuse(scope, send, error.http_status, error.message, *retry_after(error))
            return
        try:
            await self._limited(scope, receive, send, admitted.most)
        finally:
            admitted.end()

    def _refusal(self, scope: HTTPScope) -> Refusal | None:
        headers = list(scope["headers"])
        if b"%00" in scope["query_string"] or "\0" in scope["path"]:
            return 400, "The address holds a character that cannot be stored."
        if scope["method"] not in METHODS:
            return 405, "This method is not served here.", (b"allow", ", ".join(sorted(METHODS)).encode())
        size = sum(len(name) + len(value) for name, value in headers)
        if len(headers) > MAX_HEADERS or size > MAX_HEADER_BYTES:
            return 431, "The request carries too many headers."
        if any(not value.isdigit() for name, value in headers if name == b"content-length"):
            return 400, "The request's length is not a number."
        return None

    async def _limited(self, scope: HTTPScope, receive: ASGIReceiveCallable, send: ASGISendCallable, most: int) -> None:
        received = 0
        has_started = False

        async def receive_limited() -> ASGIReceiveEvent:
            nonlocal received
            event = await receive()
            if event["type"] == "http.request":
                received += len(event.get("body", b""))
                if received > most:
                    raise BodyTooLarge(TOO_LARGE)
            return event

        async def send_noting_start(event: ASGISendEvent) -> None:
            nonlocal has_started
            has_started = True
            await send(event)

        try:
            await self._application(scope, receive_limited, send_noting_start)
        except BodyTooLarge:
            if has_started:
                raise
            await refuse(scope, send, 413, TOO_LARGE)


def note_admitted(scope: Scope, admitted: Admission) -> None:
    """Note with a request that its body may come."""
    cast("dict[str, Any]", scope)[_ADMITTED] = admitted


def find_admitted(scope: Scope) -> Admission | None:
    """Give what was noted with a request: here, or by a server that reads bodies before it hands requests on."""
    return cast("dict[str, Any]", scope).get(_ADMITTED)


def is_counted(request: HttpRequest) -> bool:
    """Tell whether what a request brings was counted before it came."""
    admitted = find_admitted(getattr(request, "scope", {}))  # type: ignore[arg-type]
    return admitted is not None and admitted.sender is not None


def retry_after(error: DomainError) -> list[tuple[bytes, bytes]]:
    """Write the header that says when to come again, where an error knows it."""
    return [] if error.retry_after is None else [(b"retry-after", str(max(1, round(error.retry_after))).encode())]


def _length(scope: HTTPScope) -> int:
    """Tell how long the body says it is; 0 where it does not say."""
    return max((int(value) for name, value in scope["headers"] if name == b"content-length"), default=0)
