"""What the tests let workers do: the texts that the renderer takes too long for are hard to come by."""

from __future__ import annotations

import os
from pathlib import Path


def own_pid(_text: str) -> int:
    return os.getpid()


def niceness(_text: str) -> int:
    return os.nice(0)


def hang(path: str) -> str:
    """Write the own process id to the path, then never return."""
    beside = Path(f"{path}.new")
    beside.write_text(str(os.getpid()))
    beside.rename(path)
    while True:
        pass


def explode(_text: str) -> str:
    raise ValueError


def crash(_text: str) -> str:
    os._exit(3)
