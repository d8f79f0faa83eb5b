"""What was loaded at the start is looked at no more by the collector of garbage."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

from chatproject import collector

if TYPE_CHECKING:
    import pytest


async def test_what_is_loaded_is_left_out_of_later_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collector, "PAUSES", (0.0, 0.0))
    before = gc.get_freeze_count()
    try:
        await collector.leave_what_stays()
        assert gc.get_freeze_count() > before
        assert len(gc.get_objects()) < gc.get_freeze_count()
    finally:
        gc.unfreeze()
