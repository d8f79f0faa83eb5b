"""Without Redis, frames and limits live in the memory of one process, so a second one would serve half a chat."""

from __future__ import annotations

import fcntl
import os
from functools import cache
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


@cache
def claim() -> int | None:
    """Hold the lock of this installation until the process ends; with Redis there is nothing to hold.

    Raises ``ImproperlyConfigured`` when another process has it.
    """
    if settings.REDIS_URL:
        return None
    path = _lock_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise ImproperlyConfigured(
            "another process already serves this site. One is enough without Redis; set REDIS_URL to run more."
        ) from None
    return handle


def _lock_path() -> Path:
    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        return Path(f"{database['NAME']}.lock")
    return settings.VAR_DIR / f"{database['NAME']}.lock"
