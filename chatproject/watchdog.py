"""Notices when something blocks the event loop: everybody's answers stand still meanwhile."""

from __future__ import annotations

import asyncio
import logging
import time

INTERVAL = 0.1
TOLERATED = 0.25
STARTING = 5.0
logger = logging.getLogger(__name__)


async def watch_event_loop(*, after: float = STARTING) -> None:
    """Log each pause of more than a quarter of a second; not those of the start, when nobody waits yet."""
    await asyncio.sleep(after)
    while True:
        before = time.monotonic()
        await asyncio.sleep(INTERVAL)
        late = time.monotonic() - before - INTERVAL
        if late > TOLERATED:
            logger.warning("The event loop stood still for %d ms", late * 1000)
