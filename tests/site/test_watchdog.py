from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from chatproject.watchdog import watch_event_loop

if TYPE_CHECKING:
    import pytest


async def test_blocked_event_loop_is_noticed(caplog: pytest.LogCaptureFixture) -> None:
    watching = asyncio.create_task(watch_event_loop(after=0))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    time.sleep(0.5)  # noqa: ASYNC251 - this is the fault that is tried
    for _ in range(3):  # its turn comes with the loop's next one
        await asyncio.sleep(0)
    assert "The event loop stood still for" in caplog.messages[0]
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching
