"""One question, asked until somebody begins to answer: other keys, a second try, then the model's fallback.

Once a word has come there is no way back: the answer goes on or breaks off.
"""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from providers.port import (
    Accepted,
    BadCredentials,
    CallBegun,
    CallFailed,
    ContextTooLong,
    PromptRead,
    ProviderError,
    ProviderTimeout,
    ProviderUnavailable,
    RateLimited,
    RequestRefused,
    Usage,
    Writing,
)

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable

    from providers.calls import Call, Said
    from providers.catalogue import CatalogueEntry
    from providers.keys.pool import KeyPool, Lease, PooledKey
    from providers.port import Provider
    from providers.timeouts import Limits

WAIT_BUDGET = 20.0
"""Seconds in which a question may wait for keys and for second tries, whatever the number of both."""

TRIES = 3
PAUSES = (0.25, 0.75)
JITTER = 0.5
LONGEST_PAUSE = 8.0

_OF_THE_REQUEST = (ContextTooLong, RequestRefused)
"""Failures that no other key or model would mend."""

_BEFORE_WORDS = (Accepted, PromptRead, Usage, Writing)

_OF_THE_KEY = (BadCredentials, RateLimited)


@dataclass(slots=True)
class _Plan:
    """What was tried with one model, and what comes next."""

    tried: set[PooledKey] = field(default_factory=set)
    barred: set[PooledKey] = field(default_factory=set)
    tries: int = 0
    pause: float = 0.0
    is_over: bool = False

    def note(self, key: PooledKey, error: ProviderError) -> None:
        self.pause = 0.0
        if isinstance(error, BadCredentials) or (isinstance(error, RateLimited) and key in self.tried):
            self.barred.add(key)
        elif isinstance(error, RateLimited):
            self.tried.add(key)
        elif isinstance(error, ProviderTimeout | ProviderUnavailable):
            (self.barred if isinstance(error, ProviderTimeout) else self.tried).add(key)
            self.tries += 1
            if isinstance(error, ProviderUnavailable) and self.tries <= len(PAUSES):
                jitter = random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - it only spreads the tries
                self.pause = max(PAUSES[self.tries - 1] * jitter, error.retry_after or 0.0)
            self.is_over = self.tries >= TRIES or self.pause > LONGEST_PAUSE
        else:
            self.is_over = True


class Question:
    """Asks ``models`` in turn, the first one first; ``adapter_of`` gives the adapter of a key."""

    def __init__(self, pool: KeyPool, adapter_of: Callable[[PooledKey], Awaitable[Provider]], limits: Limits) -> None:
        self._pool = pool
        self._adapter_of = adapter_of
        self._limits = limits
        self._patience = WAIT_BUDGET
        self._end = time.monotonic() + limits.whole
        self._error: ProviderError | None = None

    async def ask(
        self, models: Iterable[CatalogueEntry], call: Call[Said]
    ) -> AsyncGenerator[Said | CallBegun | CallFailed, None]:
        """Stream calls, one after the other, of which only the last one says something; raises its ProviderError."""
        failed: ProviderError | None = None
        first: ProviderError | None = None
        for entry in models:
            plan, first = _Plan(), first or self._error
            while (lease := await self._take(entry, plan)) is not None:
                has_spoken = False
                try:
                    if failed is not None:
                        yield CallFailed(failed)
                    yield CallBegun(entry.id, lease.key.id, entry.version_at(lease.key.config.server))
                    async with aclosing(await self._call(entry, lease, call)) as events:
                        async for event in events:
                            self._pool.accepted(lease)
                            has_spoken = has_spoken or not isinstance(event, _BEFORE_WORDS)
                            yield event
                except ProviderError as error:
                    self._pool.failed(lease, error)
                    if first is not None and isinstance(error, ContextTooLong) and not has_spoken:
                        raise first from None  # the stand-in is the smaller one; the question fits the model asked
                    if has_spoken or isinstance(error, _OF_THE_REQUEST):
                        raise
                    self._error = failed = error
                    plan.note(lease.key, error)
                else:
                    return
                finally:
                    self._pool.give_back(lease)
        if self._error is not None:
            raise self._error

    async def _take(self, entry: CatalogueEntry, plan: _Plan) -> Lease | None:
        """Lend a key for the next call; None when this model was asked enough."""
        began = time.monotonic()
        if plan.is_over or plan.pause > self._patience or began + plan.pause > self._end:
            return None
        until = began + self._patience
        try:
            await asyncio.sleep(plan.pause)
            return await self._pool.take(
                entry.provider_id, label=entry.provider_label, until=until, tried=plan.tried, barred=plan.barred
            )
        except ProviderError as error:
            # Where the last failure was one key's, the rest of all keys says when to come again.
            if self._error is None or (isinstance(error, RateLimited) and isinstance(self._error, _OF_THE_KEY)):
                self._error = error
            return None
        finally:
            self._patience = until - time.monotonic()

    async def _call(self, entry: CatalogueEntry, lease: Lease, call: Call[Said]) -> AsyncGenerator[Said, None]:
        adapter = await self._adapter_of(lease.key)
        return call(adapter, entry, replace(self._limits, whole=max(0.0, self._end - time.monotonic())))
