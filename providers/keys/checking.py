"""Asking a provider whether it takes a key: one cheap call, for its list of models, which costs nothing."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from asgiref.sync import async_to_sync

from providers import faults
from providers.http import close_client
from providers.keys import health
from providers.keys.alarm import raise_alarm, send_alarm
from providers.keys.pool import rest_until
from providers.keys.roster import load_members
from providers.port import AccessDenied, BadCredentials, ProviderError, RateLimited
from providers.registry import make_provider, warm
from providers.timeouts import Limits

if TYPE_CHECKING:
    from collections.abc import Collection

    from providers.port import ProviderConfig


@dataclass(frozen=True, slots=True)
class Finding:
    """What one call said; ``error`` None is good."""

    error: ProviderError | None
    note: str = ""

    @property
    def is_conclusive(self) -> bool:
        """Tell whether the key is known to work or not: an outage says nothing, a closed list neither."""
        if isinstance(self.error, AccessDenied):
            return False
        return self.error is None or isinstance(self.error, BadCredentials)


def try_key(config: ProviderConfig) -> Finding:
    """Ask with the config's first key. For threads without an event loop."""
    return async_to_sync(_try_all)([config])[0]


def check_keys(own: Collection[ProviderConfig], *, again: bool = False) -> dict[int, Finding]:
    """Try every active key, and note what is found; by the keys' numbers.

    A key that was refused or rests stays so, though it may list models: without credit it can do that, too. With
    ``again``, a refused one that may is tried again by the next question.
    """
    asked = {
        key.id: replace(member.config, api_keys=(key.secret,))
        for member in load_members(own)
        for key in member.keys
        if key.id is not None
    }
    found = dict(zip(asked, async_to_sync(_try_all)(list(asked.values())), strict=True))
    for key_id, finding in found.items():
        _note(key_id, finding, again=again)
    return found


def _note(key_id: int, finding: Finding, *, again: bool) -> None:
    if finding.error is None:
        health.mark_known(key_id)
        if again:
            health.forget_refusal(key_id)
    elif isinstance(finding.error, RateLimited):
        health.mark_cooling(key_id, rest_until(finding.error))
    elif finding.is_conclusive and health.mark_refused(key_id, finding.error.message):
        send_alarm(raise_alarm(key_id))


async def _try_all(configs: list[ProviderConfig]) -> list[Finding]:
    await warm({config.kind for config in configs})
    try:
        return list(await asyncio.gather(*(_try(config) for config in configs)))
    finally:
        await close_client()


async def _try(config: ProviderConfig) -> Finding:
    limits = Limits()
    try:
        async with asyncio.timeout(limits.listing):
            models = await make_provider(config, limits).list_models()
    except AccessDenied as error:
        return Finding(error, "It may not list models; whether it may answer is not known.")
    except ProviderError as error:
        return Finding(error, error.message)
    except TimeoutError:
        slow = faults.slow(config.label)
        return Finding(slow, slow.message)
    return Finding(None, f"It lists {len(models)} {'model' if len(models) == 1 else 'models'}.")
