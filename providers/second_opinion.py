"""A second opinion about words, from the endpoint of the settings; nobody is asked where none is set up.

One moderator an event loop. A long text goes in pieces that overlap, so that no sentence is judged by halves only.
While the endpoint is away nobody is asked for a while: else every message of everybody would wait for it. It is away
when it cannot be reached, or when it failed for several people in a row: the text of one may be what it fails at.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from django.conf import settings

from providers.port import (
    ProviderConfig,
    ProviderError,
    ProviderTimeout,
    ProviderUnavailable,
    ProviderUnreachable,
    RateLimited,
    Verdict,
)
from providers.registry import make_moderator

if TYPE_CHECKING:
    from uuid import UUID

    from providers.port import Moderator

logger = logging.getLogger(__name__)

LABEL = "The moderation endpoint"
PIECE, OVERLAP = 10_000, 500
"""Characters of a piece, and of two neighbours together: endpoints judge short texts better, and refuse the longest."""

AT_ONCE = 4
"""Pieces of one text that are asked about at the same time."""

PATIENCE = 5.0
"""Seconds for one piece, so that a long text has as many more as it has rounds."""

PAUSE = 10.0
FAILURES = 3
"""So many people have to see it fail, and nobody to see it answer, before it counts as away."""

PASSING = (ProviderTimeout, ProviderUnavailable, RateLimited)


class Endpoint:
    """What this process knows of the endpoint."""

    def __init__(self) -> None:
        self._moderators: WeakKeyDictionary[asyncio.AbstractEventLoop, Moderator] = WeakKeyDictionary()
        self._away_until = 0.0
        self._failed_for: set[UUID] = set()

    async def moderator(self) -> Moderator:
        loop = asyncio.get_running_loop()
        if loop not in self._moderators:
            keys = (settings.MODERATION_KEY,) if settings.MODERATION_KEY else ()
            config = ProviderConfig("moderation", "openai", LABEL, settings.MODERATION_URL, keys)
            return self._moderators.setdefault(loop, await make_moderator(config))
        return self._moderators[loop]

    def require_present(self) -> None:
        if time.monotonic() < self._away_until:
            raise ProviderUnavailable(f"{LABEL} is away at the moment.")

    def note_answer(self) -> None:
        self._failed_for.clear()

    def note_failure(self, error: ProviderError, asker: UUID | None) -> None:
        """Count a failure that somebody waited for; a look at a finished answer says nothing about the next message."""
        logger.warning("%s gave no opinion (%s).", LABEL, type(error).__name__)
        if asker is None or not isinstance(error, PASSING):
            return
        self._failed_for.add(asker)
        if isinstance(error, ProviderUnreachable) or len(self._failed_for) >= FAILURES:
            self._failed_for.clear()
            self._away_until = time.monotonic() + PAUSE
            logger.warning("%s is away; it is asked again in %d s.", LABEL, PAUSE)


_endpoint = Endpoint()


def is_wanted() -> bool:
    return bool(settings.MODERATION_URL)


async def judge(text: str, *, asker: UUID | None) -> Verdict:
    """Judge a text, whose verdict is that of its worst piece; raises a ProviderError where there is none.

    ``asker`` is the person who waits for it, None where nobody does.
    """
    _endpoint.require_present()
    moderator, places = await _endpoint.moderator(), asyncio.Semaphore(AT_ONCE)
    found = await asyncio.gather(
        *(_judge(moderator, piece, places) for piece in pieces_of(text)), return_exceptions=True
    )
    verdicts = [one for one in found if isinstance(one, Verdict)]
    failures = [one for one in found if isinstance(one, BaseException)]
    if any(verdict.is_flagged for verdict in verdicts) or not failures:
        _endpoint.note_answer()
        categories = {category for verdict in verdicts for category in verdict.categories}
        return Verdict(any(verdict.is_flagged for verdict in verdicts), tuple(sorted(categories)))
    if isinstance(failures[0], ProviderError):
        _endpoint.note_failure(failures[0], asker)
    raise failures[0]


def pieces_of(text: str) -> list[str]:
    """Cut a text into pieces of which each begins with the end of the one before."""
    step = PIECE - OVERLAP
    return [text[start : start + PIECE] for start in range(0, max(1, len(text) - OVERLAP), step)]


async def _judge(moderator: Moderator, piece: str, places: asyncio.Semaphore) -> Verdict:
    async with places:
        try:
            async with asyncio.timeout(PATIENCE):
                return await moderator.judge(settings.MODERATION_MODEL, piece)
        except TimeoutError:
            raise ProviderTimeout(f"{LABEL} did not answer in time.") from None


def forget() -> None:
    """Look at the settings again, and ask again at once."""
    global _endpoint  # noqa: PLW0603 - one endpoint a process
    _endpoint = Endpoint()
