"""Begins and ends what runs beside the requests: saving, sweeping, listening to the other processes."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings

from conversations import broadcast, generation, sweeper
from conversations.rendering.pool import get_pool
from providers.gateway import get_gateway

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any

logger = logging.getLogger(__name__)

_tasks: set[asyncio.Task[None]] = set()
_draining = False


def ensure_started() -> None:
    """Start the background of this process; further calls do nothing. Call it inside the running loop."""
    loop = asyncio.get_running_loop()
    if broadcast.hub.loop is loop:
        return
    broadcast.hub.loop = loop
    broadcast.hub.on_stop = generation.stop
    for work in (generation.keep_saving(), sweeper.keep_sweeping(), broadcast.hub.listen()):
        _keep(work)
    _keep(get_gateway().start(own_port=urlsplit(settings.PUBLIC_URL).port))
    get_pool()


def _keep(work: Coroutine[Any, Any, None]) -> None:
    task = asyncio.create_task(work)
    _tasks.add(task)
    task.add_done_callback(_ended)


def _ended(task: asyncio.Task[None]) -> None:
    _tasks.discard(task)
    if not task.cancelled() and (error := task.exception()):
        logger.critical("A background task died.", exc_info=error)


def is_draining() -> bool:
    return _draining


async def drain(seconds: float) -> None:
    """Refuse new turns, let the running replies end for up to ``seconds``, save the rest as interrupted."""
    global _draining  # noqa: PLW0603 - a process drains once
    _draining = True
    await generation.drain(seconds)
    for task in tuple(_tasks):
        task.cancel()
    await asyncio.gather(*_tasks, return_exceptions=True)
    await get_gateway().close()
