"""An id for each request that a program makes: in the answer's ``X-Request-Id``, in errors, and in our log beside them.

It is always made here; what a client sends under this name is not looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from uuid_utils.compat import uuid7

if TYPE_CHECKING:
    from asgiref.typing import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, ASGISendEvent, HTTPScope, Scope
    from django.http import HttpRequest

FOR_PROGRAMS = ("/api/", "/v1/")
HEADER = "X-Request-Id"
ANTHROPICS = "Request-Id"
"""Where Anthropic's clients look for it, below ``/v1/``."""
_KEY = "request_id"


class RequestIds:
    """Gives every request below ``/api/`` and ``/v1/`` its id, before anything else looks at it."""

    def __init__(self, application: ASGI3Application) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(FOR_PROGRAMS):
            await self._application(scope, receive, send)
            return
        told = [(name.lower().encode(), value.encode()) for name, value in headers_of_scope(scope).items()]
        names = {name for name, _value in told}

        async def send_with_id(event: ASGISendEvent) -> None:
            if event["type"] == "http.response.start":
                event["headers"] = [*(pair for pair in event["headers"] if pair[0].lower() not in names), *told]
            await send(event)

        await self._application(scope, receive, send_with_id)


def id_of_scope(scope: Scope) -> str:
    """Give the id of an ASGI request, 32 hex digits; it is made when it is first asked for."""
    return _id_in(cast("dict[str, Any]", scope))


def headers_of_scope(scope: HTTPScope) -> dict[str, str]:
    """Give the headers that tell the id to who asks there."""
    names = (HEADER, ANTHROPICS) if scope["path"].startswith("/v1/") else (HEADER,)
    return dict.fromkeys(names, id_of_scope(scope))


def id_of_request(request: HttpRequest) -> str:
    """Give the id of a Django request; without a server around it, as in tests, it keeps its own."""
    return _id_in(getattr(request, "scope", request.META))


def _id_in(known: dict[str, Any]) -> str:
    if _KEY not in known:
        known[_KEY] = uuid7().hex
    return str(known[_KEY])
