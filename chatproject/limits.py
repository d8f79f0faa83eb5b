"""Refuses what no page of ours sends at the door: strange methods and addresses, too many headers, endless bodies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings

from chatproject.answers import answer

if TYPE_CHECKING:
    from asgiref.typing import (
        ASGI3Application,
        ASGIReceiveCallable,
        ASGIReceiveEvent,
        ASGISendCallable,
        ASGISendEvent,
        HTTPScope,
        Scope,
    )

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
UPLOADS, IMPORTS = "/files/", "/settings/data/imports/"
"""The addresses that take more than small forms."""

MAX_HEADERS = 100
MAX_HEADER_BYTES = 64 * 1024


class BodyTooLargeError(Exception):
    """More arrived than the site takes; raised in the reader, answered with 413."""


def largest_body(path: str) -> int:
    """Tell how many bytes a request to an address may bring."""
    larger: dict[str, int] = {UPLOADS: settings.LARGEST_UPLOAD, IMPORTS: settings.LARGEST_IMPORT}
    return larger.get(path, settings.DATA_UPLOAD_MAX_MEMORY_SIZE)


class RequestLimits:
    """Answers 400, 405, 431 or 413 instead of handing the request on."""

    def __init__(self, application: ASGI3Application) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        if scope["type"] != "http":
            await self._application(scope, receive, send)
        elif refusal := self._refusal(scope):
            await answer(send, *refusal)
        else:
            await self._limited(scope, receive, send, largest_body(scope["path"]))

    def _refusal(self, scope: HTTPScope) -> tuple[int, str] | None:
        headers = list(scope["headers"])
        if b"%00" in scope["query_string"] or "\0" in scope["path"]:
            return 400, "The address holds a character that cannot be stored."
        if scope["method"] not in METHODS:
            return 405, "This method is not served here."
        size = sum(len(name) + len(value) for name, value in headers)
        if len(headers) > MAX_HEADERS or size > MAX_HEADER_BYTES:
            return 431, "The request carries too many headers."
        lengths = [value for name, value in headers if name == b"content-length"]
        if any(not value.isdigit() for value in lengths):
            return 400, "The request's length is not a number."
        if any(int(value) > largest_body(scope["path"]) for value in lengths):
            return 413, "That is more than this site takes at once."
        return None

    async def _limited(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable, max_body: int) -> None:
        received = 0
        has_started = False

        async def receive_limited() -> ASGIReceiveEvent:
            nonlocal received
            event = await receive()
            if event["type"] == "http.request":
                received += len(event.get("body", b""))
                if received > max_body:
                    raise BodyTooLargeError
            return event

        async def send_noting_start(event: ASGISendEvent) -> None:
            nonlocal has_started
            has_started = True
            await send(event)

        try:
            await self._application(scope, receive_limited, send_noting_start)
        except BodyTooLargeError:
            if has_started:
                raise
            await answer(send, 413, "That is more than this site takes at once.")
