"""Starts the background work of a process with its first scope, and drains it when the server says it stops.

Servers differ: uvicorn announces start and stop by a lifespan scope; daphne has none, so the first request or
socket starts the work, and our daphne server drains by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from conversations import lifecycle

if TYPE_CHECKING:
    from asgiref.typing import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, Scope

DRAIN_SECONDS = 25.0


class Lifespan:
    def __init__(self, application: ASGI3Application) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        lifecycle.ensure_started()
        await self._application(scope, receive, send)

    async def _live(self, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        await receive()
        lifecycle.ensure_started()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await lifecycle.drain(DRAIN_SECONDS)
        await send({"type": "lifespan.shutdown.complete"})
