"""ORM work off the event loop.

Sockets and background tasks call the ORM only through :func:`in_database`: a fixed pool of threads, one call
is one whole unit of work (reads and writes that belong together, with its own transaction). The stock helpers
would run all sockets and tasks of a process on one shared thread.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from channels.db import DatabaseSyncToAsync
from django.conf import settings

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
T = TypeVar("T")


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(settings.DATABASE_THREADS, thread_name_prefix="database")


async def in_database(work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Run ``work`` in the database threads and return its result; connections are handed back afterwards."""
    call = DatabaseSyncToAsync(work, thread_sensitive=False, executor=_threads())
    result: T = await call(*args, **kwargs)
    return result
