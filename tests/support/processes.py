"""Processes that tests start: they end with the test session, however it ends."""

from __future__ import annotations

import ctypes
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")
PR_SET_PDEATHSIG = 1


def start_process(command: Sequence[str], **options: Any) -> subprocess.Popen[bytes]:
    """Start a process that is killed when this one dies (on Linux; elsewhere it is stopped at exit only)."""
    return subprocess.Popen(command, preexec_fn=_die_with_parent, **options)  # noqa: PLW1509 - before any thread


def stop_process(process: subprocess.Popen[bytes], number: int = signal.SIGTERM, *, within: float = 10.0) -> None:
    if process.poll() is None:
        process.send_signal(number)
    try:
        process.wait(within)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def wait_until(look: Callable[[], T | None], *, within: float = 60.0, what: str = "it to happen") -> T:
    """Call ``look`` until it returns something true, and return that; raises ``TimeoutError`` saying ``what``."""
    deadline = time.monotonic() + within
    while not (found := look()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {within} s for {what}")
        time.sleep(0.02)
    return found


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
