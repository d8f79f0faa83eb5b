"""The answers that this process gives through its doors at this moment, so that none is forgotten when it stops."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from typing import TYPE_CHECKING, Any, TypeVar

from django.conf import settings

from chatproject.errors import TooManyRequests

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from uuid import UUID

T = TypeVar("T")

SETTLING_SECONDS = 60.0
"""In which what an answer used has to be in the ledger."""

_answers: set[asyncio.Task[Any]] = set()
_settlements: set[asyncio.Task[Any]] = set()


def begin(work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """Make an answer in a task of its own; a drain waits for it, then cancels it."""
    return _keep(work, _answers)


def settle(work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """Do what has to be done whoever hangs up; a drain waits for it."""
    return _keep(work, _settlements)


def _keep(work: Coroutine[Any, Any, T], tasks: set[asyncio.Task[Any]]) -> asyncio.Task[T]:
    task = asyncio.create_task(work)
    tasks.add(task)
    task.add_done_callback(tasks.discard)
    return task


async def drain(seconds: float) -> None:
    """Give the running answers some time, end what is left, and wait until the ledger has all of them."""
    await _wait(_answers, seconds)
    for task in _answers:
        task.cancel()
    await _wait(_answers, SETTLING_SECONDS)
    await _wait(_settlements, SETTLING_SECONDS)


async def _wait(tasks: set[asyncio.Task[Any]], seconds: float) -> None:
    if tasks:
        await asyncio.wait(tuple(tasks), timeout=seconds)


class TooManyAtOnce(TooManyRequests):
    """As many of a person's answers are being made as may be at the same time."""

    code = "too_many_replies"


class Places:
    """How many answers each person may have made at once, by each process; taken and left in any thread."""

    def __init__(self) -> None:
        self._taken: Counter[UUID] = Counter()
        self._lock = threading.Lock()

    def take(self, person: UUID) -> None:
        with self._lock:
            if self._taken[person] >= settings.MAX_RUNNING_REPLIES:
                count = self._taken[person]
                told = "answer is" if count == 1 else "answers are"
                raise TooManyAtOnce(f"{count} of your {told} being written. Wait until one is done.", retry_after=1)
            self._taken[person] += 1

    def leave(self, person: UUID) -> None:
        with self._lock:
            self._taken[person] -= 1
            if not self._taken[person]:
                del self._taken[person]


places = Places()
