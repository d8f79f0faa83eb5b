"""One socket's frames: a burst passes, more waits, and whoever goes on is closed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from conversations.frame_meter import FrameMeter

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def wait(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    now = 1000.0

    def pass_time(seconds: float) -> None:
        nonlocal now
        now += seconds

    monkeypatch.setattr(time, "monotonic", lambda: now)
    return pass_time


def test_burst_passes_and_the_next_frame_is_told_to_wait(wait: Callable[[float], None]) -> None:
    meter = FrameMeter("30/10s")
    assert [meter.count() for _ in range(30)] == [0] * 30
    assert meter.count() == 10
    wait(7.5)
    assert meter.count() == 3
    wait(2.5)
    assert meter.count() == 0


def test_socket_that_goes_on_is_abused(wait: Callable[[float], None]) -> None:
    meter = FrameMeter("2/s")
    for _ in range(2 + 10):
        meter.count()
    assert not meter.is_abused
    meter.count()
    assert meter.is_abused


def test_abuse_adds_up_over_windows_until_there_is_a_pause(wait: Callable[[float], None]) -> None:
    meter = FrameMeter("2/s")
    for _ in range(2):
        for _ in range(7):
            meter.count()
        wait(1)
    meter.count()
    assert not meter.is_abused
    wait(1)
    for _ in range(2 + 11):
        meter.count()
    assert meter.is_abused


def test_bursts_with_pauses_between_them_are_no_abuse(wait: Callable[[float], None]) -> None:
    meter = FrameMeter("2/s")
    for _ in range(20):
        for _ in range(5):
            meter.count()
        wait(5)
    assert not meter.is_abused
