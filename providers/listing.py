"""Fetching one provider's list of models, with whatever key gets it."""

from __future__ import annotations

import asyncio
import logging
import time
from datetime import timedelta
from typing import TYPE_CHECKING

from chatproject.database import in_database
from providers.port import AccessDenied, BadCredentials, ProviderError, RateLimited
from providers.sync import FRESH, RETRY, claim_listing, store_list, store_list_failure

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from providers.catalogue import ProviderListing
    from providers.keys.pool import KeyPool, PooledKey
    from providers.port import ModelInfo, Provider
    from providers.sync import SyncResult

logger = logging.getLogger(__name__)

LIST_PATIENCE = 2.0
"""Seconds that a list waits for a key that is being tried, or that has almost rested."""

LISTED_AT_START = timedelta(seconds=10)
"""Processes that start together fetch each list once."""


class ListFetcher:
    """``adapter_of`` gives the adapter of a key; a list may take ``patience`` seconds."""

    def __init__(self, pool: KeyPool, adapter_of: Callable[[PooledKey], Awaitable[Provider]], patience: float) -> None:
        self._pool = pool
        self._adapter_of = adapter_of
        self._patience = patience

    async def fetch(self, known: ProviderListing, older_than: timedelta | None) -> SyncResult | str | None:
        """Fetch a list that no process fetched for so long; None leaves that to how the last time went.

        Returns what it brought, or in words why there is none; None where another process fetches it.
        """
        slug, label = known.id, known.label
        usual = FRESH if known.models is not None and not known.reason else RETRY
        if not await in_database(claim_listing, slug, older_than=usual if older_than is None else older_than):
            return None
        try:
            async with asyncio.timeout(self._patience):
                models = await self._ask(slug, label)
        except ProviderError as error:
            reason = error.message
        except TimeoutError:
            reason = f"{label} has not sent its list of models in time."
        else:
            return await in_database(store_list, slug, models)
        logger.warning("The models of %s could not be listed: %s", slug, reason)
        await in_database(store_list_failure, slug, reason)
        return reason

    async def _ask(self, slug: str, label: str) -> list[ModelInfo]:
        """Ask with one key after the other. A list proves no key, but a refusal is one."""
        until = time.monotonic() + LIST_PATIENCE
        barred: set[PooledKey] = set()
        failure: ProviderError | None = None
        while True:
            try:
                lease = await self._pool.take(slug, label=label, until=until, barred=barred, good_first=True)
            except ProviderError as error:
                raise failure or error from None
            try:
                return await (await self._adapter_of(lease.key)).list_models()
            except (AccessDenied, RateLimited) as error:
                failure = error
            except BadCredentials as error:
                self._pool.failed(lease, error)
                failure = error
            finally:
                self._pool.give_back(lease)
            barred.add(lease.key)
