"""Begins and ends what runs beside the requests: saving, sweeping, listening to the other processes."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import TYPE_CHECKING

from django.conf import settings

from accounts.places import places
from conversations import announcing, broadcast, generation, second_opinion, sweeper, titling, turns
from conversations.rendering.pool import get_pool
from moderation.words import keep_current
from providers.gateway import get_gateway

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

logger = logging.getLogger(__name__)

RESTART_DELAY = 1.0

_tasks: set[asyncio.Task[None]] = set()
_draining = False


def ensure_started() -> None:
    """Start the background of this process; further calls do nothing. Call it inside the running loop."""
    loop = asyncio.get_running_loop()
    if broadcast.hub.loop is loop:
        return
    broadcast.hub.loop = loop
    broadcast.hub.on_stop = generation.stop
    announcing.hooks.after_end = turns.after_end
    for work in (
        generation.keep_saving,
        sweeper.keep_sweeping,
        broadcast.hub.listen,
        keep_current,
        places.keep,
        partial(get_gateway().start, own_port=settings.PORT),
    ):
        task = asyncio.create_task(_supervise(work))
        _tasks.add(task)
        task.add_done_callback(_tasks.discard)
    get_pool()


async def _supervise(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run what must not end by accident: a bug is logged, and the work begins anew."""
    while True:
        try:
            await work()
        except Exception:
            logger.exception("The background of this process broke; it begins anew.")
            await asyncio.sleep(RESTART_DELAY)
        else:
            return


def is_draining() -> bool:
    return _draining


async def drain(seconds: float, *beside: Callable[[float], Coroutine[Any, Any, None]]) -> None:
    """Refuse new turns, let the running replies end for up to ``seconds``, save the rest as interrupted.

    What else asks models is drained ``beside`` them: afterwards nobody can be asked.
    """
    global _draining  # noqa: PLW0603 - a process drains once
    _draining = True
    turns.rest()
    titling.rest()
    await asyncio.gather(generation.drain(seconds), *(one(seconds) for one in beside))
    await turns.settle()
    await second_opinion.settle()
    await titling.settle_all()
    for task in tuple(_tasks):
        task.cancel()
    await asyncio.gather(*_tasks, return_exceptions=True)
    await get_gateway().close()
