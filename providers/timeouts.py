"""How long the house waits for a provider, and how much it takes."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING

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
    characters = 0
    async with aclosing(events):
        while (event := await _next(events, *min(due, end))) is not None:
            characters += _length(event)
            yield event
            if characters > limits.characters:
                yield Finished("length")
                return
            if not isinstance(event, Accepted | PromptRead):
                due = now() + patience, stalled
            elif thinks:
                due = now() + patience, due[1]


def _length(event: StreamEvent) -> int:
    """Count an event's characters; the thinking in a signed block came before, and has been counted."""
    match event:
        case TextDelta(text) | ReasoningDelta(text):
            return len(text)
        case Citation(url, title):
            return len(url) + len(title)
        case ToolCall(call_id, name, arguments):
            return len(call_id) + len(name) + len(arguments)
        case SignedReasoning(block):
            return sum(len(told) for field, told in block.items() if field != "thinking" and isinstance(told, str))
    return 0


async def _next(events: AsyncGenerator[StreamEvent, None], deadline: float, complaint: str) -> StreamEvent | None:
    try:
        async with asyncio.timeout_at(deadline) as timer:
            return await anext(events, None)
    except TimeoutError:
        if not timer.expired():
            raise
        raise ProviderTimeout(complaint) from None
