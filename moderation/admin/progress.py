"""A long piece of work that tells how far it is: an answer in lines of JSON, of which the last has the page."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from django.http import StreamingHttpResponse

from chatproject.database import in_database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from django.http import HttpRequest

    from moderation.importing import Progress

LINES = "application/x-ndjson"
STEPS = 100
"""Lines for one thing that is done, at most."""


def wants_progress(request: HttpRequest) -> bool:
    return request.get_preferred_type(["text/html", LINES]) == LINES


def tell_progress(work: Callable[[Progress], str]) -> StreamingHttpResponse:
    """Do the work in a database thread; it goes on to its end whoever listens. It returns the page to show."""
    return StreamingHttpResponse(_lines(work), content_type=LINES)


async def _lines(work: Callable[[Progress], str]) -> AsyncIterator[bytes]:
    loop = asyncio.get_running_loop()
    told: asyncio.Queue[dict[str, object] | None] = asyncio.Queue()
    told_of: dict[str, int] = {}

    def progress(what: str, done: int, total: int) -> None:
        step = done * STEPS // max(total, 1)
        if told_of.get(what) != step:
            told_of[what] = step
            loop.call_soon_threadsafe(told.put_nowait, {"what": what, "done": done, "total": total})

    task = asyncio.create_task(in_database(work, progress))
    task.add_done_callback(lambda _: told.put_nowait(None))
    while (line := await told.get()) is not None:
        yield _line(line)
    yield _line({"page": task.result()})


def _line(content: dict[str, object]) -> bytes:
    return json.dumps(content).encode() + b"\n"
