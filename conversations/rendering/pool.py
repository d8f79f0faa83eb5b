"""Rendering in worker processes: a text that takes too long costs its worker, and nobody else anything.

The workers are forked from a fork server: a clean process of one thread that has everything loaded. So a worker that
was killed is back within milliseconds, and shares nearly all of its memory with the others; forking the server process
itself, with its threads and sockets, would not be safe, and a fresh interpreter would take half a second of processor
time each time.
"""

from __future__ import annotations

import asyncio
import atexit
import logging
import os
import signal
import threading
import time
from concurrent.futures import CancelledError, Future, wait
from contextlib import suppress
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from pebble import ProcessExpired, ProcessPool

from .answers import escaped_blocks, render_answer

if TYPE_CHECKING:
    from collections.abc import Callable

Result = TypeVar("Result")

logger = logging.getLogger(__name__)

NICENESS = 5
START_TIMEOUT = 30.0
PRELOAD = "conversations.rendering.preload"
ALLOWANCE = 100_000


class RendererPool:
    """Renders in ``workers`` processes; may be used from any thread and any event loop.

    ``time_limit`` is what one text may take, in seconds, and as much again for each ALLOWANCE characters; ``patience``
    is what it may wait for a free worker. Beyond either it comes back as escaped text, as it does when its worker dies.
    """

    _shared: ClassVar[RendererPool | None] = None
    _shared_lock: ClassVar[threading.Lock] = threading.Lock()

    def __init__(
        self,
        *,
        workers: int = 2,
        time_limit: float = 1.0,
        patience: float = 10.0,
        tasks_per_worker: int = 2_000,
    ) -> None:
        self._workers = workers
        self._time_limit = time_limit
        self._patience = patience
        self._tasks_per_worker = tasks_per_worker
        self._lock = threading.Lock()
        self._is_closed = False
        self._crew = _Crew(workers, tasks_per_worker)

    async def answer(self, text: str) -> list[str]:
        """Return what ``render_answer`` makes of it, or ``escaped_blocks``. Never raises on account of the text."""
        blocks = await self._run(render_answer, text)
        return escaped_blocks(text) if blocks is None else blocks

    def busy(self) -> bool:
        """Whether a text would have to wait for a worker."""
        crew = self._crew
        return not crew.ready.done() or len(crew.unfinished) >= self._workers

    def close(self) -> None:
        """End the workers and wait for them; what is still asked for comes back as escaped text."""
        with self._lock:
            self._is_closed = True
        self._crew.stop()

    async def _run(self, function: Callable[[str], Result], text: str) -> Result | None:
        """Return the result, or None (the log says why) where it could not be had in time."""
        limit = self._time_limit * (1 + len(text) / ALLOWANCE)
        problem: Exception | None = None
        for _ in range(2):  # once more where the workers broke for a reason that is not this text
            crew = self._crew
            try:
                async with asyncio.timeout(self._patience + limit):
                    return await crew.run(function, text, limit)
            except (TimeoutError, ProcessExpired) as error:
                problem = error
                if crew.is_stuck(self._patience):
                    self._replace(crew)
                break
            except (OSError, RuntimeError, CancelledError) as error:
                problem = error
                self._replace(crew)
            except Exception as error:  # noqa: BLE001 - whatever a renderer raises, the text must still be shown
                problem = error
                break
        logger.warning("A text of %d characters is shown without formatting (%s)", len(text), type(problem).__name__)
        return None

    def _replace(self, broken: _Crew) -> None:
        with self._lock:
            if self._is_closed or self._crew is not broken:
                return
            self._crew = _Crew(self._workers, self._tasks_per_worker)
        logger.warning("The rendering workers have ended and are started again")
        threading.Thread(target=broken.stop, name="renderer-stop", daemon=True).start()

    @classmethod
    def shared(cls, *, workers: int) -> RendererPool:
        with cls._shared_lock:
            if cls._shared is None:
                cls._shared = cls(workers=workers)
                atexit.register(cls._shared.close)
            return cls._shared


def get_pool(*, workers: int = 2) -> RendererPool:
    """Return the pool of this process, started at the first call (which sets its size) and closed at exit."""
    return RendererPool.shared(workers=workers)


class _Crew:
    """The workers of one pebble pool, which does not recover from everything: then another crew takes over."""

    def __init__(self, workers: int, tasks_per_worker: int) -> None:
        context = get_context("forkserver")
        context.set_forkserver_preload([PRELOAD])
        self._pool = ProcessPool(
            max_workers=workers, max_tasks=tasks_per_worker, initializer=_initialize, context=context
        )
        self.ready: Future[int] = Future()
        self.unfinished: set[Future[Any]] = set()
        self._last_end = time.monotonic()
        threading.Thread(target=self._start, name="renderer-start", daemon=True).start()

    def _start(self) -> None:
        """Start the workers, in a thread of its own, because pebble starts them in the first caller's."""
        try:
            self.ready.set_result(self._pool.schedule(os.getpid).result(START_TIMEOUT))
        except (OSError, RuntimeError) as error:
            self.ready.set_exception(error)

    async def run(self, function: Callable[[str], Result], text: str, limit: float) -> Result:
        """Return the result. TimeoutError after ``limit``, ProcessExpired if the worker died, RuntimeError if all did.

        A caller that is cancelled leaves the worker to finish by itself, because stopping it would cost more.
        """
        await _finished(self.ready)
        future = self._pool.schedule(function, args=(text,), timeout=limit)
        self.unfinished.add(future)
        future.add_done_callback(self._note_end)
        return await _finished(future)

    def is_stuck(self, patience: float) -> bool:
        """Whether there was something to do for so long, and nothing got done."""
        return bool(self.unfinished) and time.monotonic() - self._last_end > patience

    def stop(self) -> None:
        wait([self.ready], START_TIMEOUT)
        self._pool.stop()  # type: ignore[no-untyped-call]
        self._pool.join()
        for future in tuple(self.unfinished):
            future.cancel()

    def _note_end(self, future: Future[Any]) -> None:
        self.unfinished.discard(future)
        self._last_end = time.monotonic()


async def _finished(future: Future[Result]) -> Result:
    """Wait for it without owning it: cancelling the wait does not cancel the work."""
    loop = asyncio.get_running_loop()
    done = asyncio.Event()

    def wake(_: Future[Result]) -> None:
        with suppress(RuntimeError):  # the loop that asked is gone
            loop.call_soon_threadsafe(done.set)

    future.add_done_callback(wake)
    await done.wait()
    return future.result()


def _initialize() -> None:
    """Step back behind the event loop, and end at once when told to: there is nothing to tidy up."""
    os.nice(NICENESS)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
