"""A second opinion about words, from the endpoint of the settings; nobody is asked where none is set up.

One moderator an event loop. After a failure that is not about the one text, nobody is asked for a while: else every
message of everybody would wait for an endpoint that is away.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from django.conf import settings

from providers.port import ProviderConfig, ProviderTimeout, ProviderUnavailable, RateLimited
from providers.registry import make_moderator

if TYPE_CHECKING:
    from providers.port import Moderator, Verdict

logger = logging.getLogger(__name__)

LABEL = "The moderation endpoint"
PATIENCE = 5.0
PAUSE = 10.0
AWAY = (ProviderTimeout, ProviderUnavailable, RateLimited)

_moderators: WeakKeyDictionary[asyncio.AbstractEventLoop, Moderator] = WeakKeyDictionary()
_away_until = 0.0


def is_wanted() -> bool:
    return bool(settings.MODERATION_URL)


async def judge(text: str) -> Verdict:
    """Judge a text within ``PATIENCE`` seconds; raises a ProviderError where there is no verdict."""
    global _away_until  # noqa: PLW0603 - one endpoint a process
    if time.monotonic() < _away_until:
        raise ProviderUnavailable(f"{LABEL} is away at the moment.")
    try:
        return await _judge(text)
    except AWAY as error:
        _away_until = time.monotonic() + PAUSE
        logger.warning("%s gave no opinion (%s); it is asked again in %d s.", LABEL, type(error).__name__, PAUSE)
        raise


async def _judge(text: str) -> Verdict:
    loop = asyncio.get_running_loop()
    if loop not in _moderators:
        keys = (settings.MODERATION_KEY,) if settings.MODERATION_KEY else ()
        config = ProviderConfig("moderation", "openai", LABEL, settings.MODERATION_URL, keys)
        _moderators[loop] = await make_moderator(config)
    try:
        async with asyncio.timeout(PATIENCE):
            return await _moderators[loop].judge(settings.MODERATION_MODEL, text)
    except TimeoutError:
        raise ProviderTimeout(f"{LABEL} did not answer in time.") from None


def forget() -> None:
    """Look at the settings again, and ask again at once."""
    global _away_until  # noqa: PLW0603 - likewise
    _away_until = 0.0
    _moderators.clear()
