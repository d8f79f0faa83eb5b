"""Which pages may open our socket: browsers send cookies with any page's socket, so the origin decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from channels.security.websocket import OriginValidator, WebsocketDenier

if TYPE_CHECKING:
    from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, WebSocketScope


class ExactOrigins(OriginValidator):  # type: ignore[misc] # channels has no types
    """Refuses a socket (403, before accept) unless its one ``Origin`` is, letter by letter, in the list.

    The stock check parses origins and so lets through what differs only in what it does not look at (user
    names, paths); a browser never sends those.
    """

    async def __call__(self, scope: WebSocketScope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        origins = [value.decode("latin-1") for name, value in scope["headers"] if name == b"origin"]
        is_ours = len(origins) == 1 and origins[0] in self.allowed_origins
        await (self.application if is_ours else WebsocketDenier())(scope, receive, send)
