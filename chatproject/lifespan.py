"""Starts the background work of a process with its first scope, and drains it when the server says it stops.

Servers differ: uvicorn announces start and stop by a lifespan scope; daphne has none, so the first request or socket
starts the work, and our daphne server drains by itself.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from django.core.exceptions import ImproperlyConfigured

from api.sweeping import keep_sweeping as keep_answers_swept
from chatproject import single_process
from chatproject.collector import leave_what_stays
from chatproject.watchdog import watch_event_loop
from conversations import lifecycle
from doors import running
from files import sweeping
from sharing.sweeping import keep_sweeping as keep_links_swept
from transfer import runner

if TYPE_CHECKING:
    from asgiref.typing import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, Scope

DRAIN_SECONDS = 25.0


class Lifespan:
    """The outermost layer; one a process and event loop."""

    def __init__(self, application: ASGI3Application) -> None:
        self._application = application
        self._background: list[asyncio.Task[None]] = []

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        self.start()
        await self._application(scope, receive, send)

    def start(self) -> None:
        """Start the background work of the running loop; further calls do nothing."""
        single_process.claim()
        lifecycle.ensure_started()
        if not self._background or self._background[0].get_loop() is not asyncio.get_running_loop():
            works = (
                watch_event_loop,
                leave_what_stays,
                sweeping.keep_sweeping,
                runner.keep_working,
                keep_links_swept,
                keep_answers_swept,
            )
            self._background = [asyncio.create_task(work()) for work in works]

    async def _live(self, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        await receive()
        try:
            self.start()
        except ImproperlyConfigured as error:
            await send({"type": "lifespan.startup.failed", "message": f"Not started: {error}"})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await lifecycle.drain(DRAIN_SECONDS, running.drain)
        await send({"type": "lifespan.shutdown.complete"})
