"""How long the house waits for a provider, and how much it takes."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self, cast

from django.utils.translation import gettext as _

from providers.port import (
    Accepted,
    Citation,
    Finished,
    PromptRead,
    ProviderTimeout,
    ReasoningDelta,
    SignedReasoning,
    TextDelta,
    ToolCall,
)

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from providers.port import StreamEvent

_PRELIMINARY = (Accepted, PromptRead)


@dataclass(frozen=True, slots=True)
class Limits:
    """All in seconds, ``characters`` aside."""

    connect: float = 5.0
    first_token: float = 30.0
    stall: float = 60.0
    """Between two events. Keep-alives are none: whoever only pings does not answer."""
    thinking: float = 240.0
    """Between two events of a model that thinks, once it took the question: not all of them let anybody see it."""
    whole: float = 600.0
    listing: float = 5.0
    characters: int = 400_000
    """Of one answer; what goes on longer is cut and ends as ``length``."""


async def limited(
    events: AsyncGenerator[StreamEvent, None], limits: Limits, label: str, *, thinks: bool = False
) -> AsyncGenerator[StreamEvent, None]:
    """Pass the events on while they come in time; raises ProviderTimeout, and closes the source in any case."""
    now = asyncio.get_running_loop().time
    end = now() + limits.whole, _("The answer of %(name)s took too long and was ended.") % {"name": label}
    due = now() + limits.first_token, _("%(name)s has not begun to answer in time. Try again.") % {"name": label}
    stalled = _("%(name)s stopped in the middle of its answer. Try again or continue.") % {"name": label}
    patience = limits.thinking if thinks else limits.stall
    left = limits.characters
    async with aclosing(events):
        with _Watch() as watch:
            while (event := await watch.next(events, *min(due, end))) is not None:
                left -= _length(event)
                if left < 0:
                    yield _cut(event, left)
                    yield Finished("length")
                    return
                yield event
                if not isinstance(event, _PRELIMINARY):
                    due = now() + patience, stalled
                elif thinks:
                    due = now() + patience, due[1]


def _length(event: StreamEvent) -> int:
    """Count an event's characters; the thinking in a signed block came before, and has been counted."""
    if isinstance(event, TextDelta):
        return len(event.text)
    match event:
        case ReasoningDelta(text):
            return len(text)
        case Citation(url, title):
            return len(url) + len(title)
        case ToolCall(call_id, name, arguments):
            return len(call_id) + len(name) + len(arguments)
        case SignedReasoning(block):
            return sum(len(told) for field, told in block.items() if field != "thinking" and isinstance(told, str))
    return 0


def _cut(event: StreamEvent, left: int) -> StreamEvent:
    """Shorten a text that is too long, by as much as ``left`` is below zero; anything else stays whole."""
    return replace(event, text=event.text[:left]) if isinstance(event, TextDelta | ReasoningDelta) else event


class _Watch:
    """Ends a wait that lasts too long. One timer serves all waits: most are over long before it rings."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._waiting: asyncio.Task[Any] | None = None
        self._deadline = 0.0
        self._has_rung = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._timer is not None:
            self._timer.cancel()

    async def next(
        self, events: AsyncGenerator[StreamEvent, None], deadline: float, complaint: str
    ) -> StreamEvent | None:
        """Wait for the next event, None at the end; raises ProviderTimeout when the deadline passes."""
        task = cast("asyncio.Task[Any]", asyncio.current_task())
        cancelled = task.cancelling()
        self._waiting, self._deadline = task, deadline
        self._set()
        try:
            return await anext(events, None)
        except asyncio.CancelledError:
            if self._has_rung and task.cancelling() <= cancelled + 1:
                raise ProviderTimeout(complaint) from None
            raise
        finally:
            self._waiting = None
            if self._has_rung:
                self._has_rung = False
                task.uncancel()

    def _set(self) -> None:
        if self._timer is None or self._timer.when() > self._deadline:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = self._loop.call_at(self._deadline, self._ring)

    def _ring(self) -> None:
        self._timer = None
        if self._waiting is None:
            return
        if self._loop.time() < self._deadline:
            self._set()
        else:
            self._has_rung = True
            self._waiting.cancel()
