"""What the collector of garbage need not look at again and again: the code of the house, and of all it stands on.

Several hundred thousand objects are there once everything is loaded, and stay. A look at all of them takes a third of a
second, in which nobody is served, and comes the more often the more is asked.
"""

from __future__ import annotations

import asyncio
import gc

PAUSES = (0.0, 5.0, 10.0)
"""Seconds before each time; the adapters of the providers and their lists come after the start."""


async def leave_what_stays() -> None:
    """Take what is there now, and what was loaded later, out of every later look."""
    for pause in PAUSES:
        await asyncio.sleep(pause)
        gc.freeze()
