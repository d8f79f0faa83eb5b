"""The doors for clients that were made for other sites: ``/v1/...``, beside Django, by tokens alone."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from chatproject.errors import DomainError, NotFound, Unavailable, as_domain_error
from doors import anthropic_messages, embeddings, openai_chat, openai_models
from doors.errors import failure_of, headers_of, status_of
from doors.http import ClientGone, Exchange

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from asgiref.typing import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, Scope

    Handler = Callable[[Exchange], Awaitable[None]]

logger = logging.getLogger(__name__)

BELOW = "/v1/"
SERVER_ERROR = 500
ROUTES: dict[str, Mapping[str, Handler]] = {
    "/v1/chat/completions": {"POST": openai_chat.complete},
    "/v1/embeddings": {"POST": embeddings.create},
    "/v1/messages": {"POST": anthropic_messages.create},
    "/v1/messages/count_tokens": {"POST": anthropic_messages.count_tokens},
    "/v1/models": {"GET": openai_models.list_models},
    "/v1/models/{model}": {"GET": openai_models.show_model},
}
"""By path and method; a name in braces at the end stands for the rest of an address, slashes and all."""


class MethodNotAllowed(DomainError):
    code = "method_not_allowed"
    http_status = 405


class Doors:
    """Answers what is below ``/v1/`` and hands everything else on."""

    def __init__(self, application: ASGI3Application, *, is_draining: Callable[[], bool]) -> None:
        self._application = application
        self._is_draining = is_draining
        self._exact = {path: methods for path, methods in ROUTES.items() if "{" not in path}
        self._open = [(path.partition("{")[0], methods) for path, methods in ROUTES.items() if "{" in path]

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(BELOW):
            await self._application(scope, receive, send)
            return
        exchange = Exchange(scope, receive, send)
        try:
            await self._handler(exchange)(exchange)
        except ClientGone:
            logger.debug("Request %s: the client has hung up.", exchange.request_id)
        except Exception as error:
            if exchange.has_begun:  # too late to say so; the server cuts the answer
                raise
            await self._refuse(exchange, as_domain_error(error, request_id=exchange.request_id))

    def _handler(self, exchange: Exchange) -> Handler:
        methods = self._methods(exchange.path)
        if methods is None:
            raise NotFound(f"There is nothing at {exchange.method} {exchange.path[:100]}.")
        handler = methods.get(exchange.method)
        if handler is None:
            exchange.add_headers([(b"allow", ", ".join(methods).encode())])
            raise MethodNotAllowed(f"{exchange.method} is not served here.")
        if exchange.method != "GET" and self._is_draining():
            raise Unavailable("The server is restarting. Please try again in a moment.", retry_after=2)
        return handler

    def _methods(self, path: str) -> Mapping[str, Handler] | None:
        if (exact := self._exact.get(path)) is not None:
            return exact
        return next((methods for start, methods in self._open if path.startswith(start) and path != start), None)

    async def _refuse(self, exchange: Exchange, error: DomainError) -> None:
        status = status_of(error)
        if status >= SERVER_ERROR:
            logger.warning("Request %s: %d %s", exchange.request_id, status, error.code)
        exchange.add_headers(headers_of(error))
        await exchange.answer(status, failure_of(exchange.path, error, request_id=exchange.request_id))
