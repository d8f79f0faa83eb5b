"""The face of the providers: every other room asks here, and only here.

What can be asked, with which keys, is a snapshot of the database in memory. While it is used it is never older than
:data:`SNAPSHOT_SECONDS`, so that all processes follow a change within that time.
"""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import aclosing
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import Error as DatabaseError

from chatproject.database import in_database
from chatproject.errors import BadRequest
from providers import registry
from providers.calls import answering, embedding
from providers.catalogue import (
    Catalogue,
    CatalogueEntry,
    ProviderListing,
    ProviderNotConfigured,
    UnknownModel,
    load_listings,
    read_mark,
)
from providers.discovery import discover_local
from providers.failover import Question
from providers.http import close_client
from providers.keys.health import note_in_use
from providers.keys.pool import KeyPool
from providers.keys.roster import (
    WELL_KNOWN,
    Member,
    RosterKey,
    ensure_discovered,
    ensure_environment,
    load_members,
    mark_absent,
)
from providers.listing import LISTED_AT_START, ListFetcher
from providers.port import ProviderConfig
from providers.sync import RETRY
from providers.timeouts import Limits

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Collection, Hashable, Iterable

    from providers.calls import Call, Said
    from providers.keys.pool import PooledKey
    from providers.port import (
        CallBegun,
        CallFailed,
        ChatRequest,
        EmbeddingEvent,
        EmbeddingRequest,
        GatewayEvent,
        ModelKind,
        Provider,
    )
    from providers.sync import SyncResult

__all__ = [
    "CatalogueEntry",
    "Gateway",
    "ProviderListing",
    "ProviderNotConfigured",
    "UnknownModel",
    "get_gateway",
]

logger = logging.getLogger(__name__)

DEMO = ProviderConfig("demo", "demo", "Demonstration", "")

SNAPSHOT_SECONDS = 2.0


class Gateway:
    """Knows who answers and asks them. Reading works from any thread, the rest inside the event loop.

    ``configs`` are the environment's; what operators add stands in the database.
    """

    def __init__(self, configs: Iterable[ProviderConfig], limits: Limits | None = None) -> None:
        self._own = tuple(configs)
        self._limits = limits or Limits()
        usable = [one for one in self._own if one.api_keys or one.provider_id not in WELL_KNOWN]
        self._catalogue = Catalogue(
            ProviderListing(one.provider_id, one.label, None, kind=one.kind) for one in usable or (DEMO,)
        )
        self._loop: asyncio.AbstractEventLoop | None = None
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._pool = KeyPool(self._freshen)
        self._read_at: float | None = None
        self._mark: Hashable = None
        self._lists_due = 0.0
        self._questions = 0
        self._reading: asyncio.Task[None] | None = None
        self._tending: asyncio.Task[None] | None = None
        self._refreshing: asyncio.Task[None] | None = None

    # Reading

    def list_models(self, kind: ModelKind = "chat") -> list[CatalogueEntry]:
        """List the models that are known at this moment, grouped by provider, in the order for people."""
        return self._catalogue.models(kind)

    def list_providers(self) -> list[ProviderListing]:
        """List the providers; one whose list could not be fetched says why in words."""
        return self._catalogue.providers()

    def find_model(self, model_id: str, kind: ModelKind | None = "chat") -> CatalogueEntry:
        """Find what ``<provider>/<name>`` names, of this kind (None: of any).

        Raises UnknownModel or ProviderNotConfigured (both BadRequest).
        """
        return self._catalogue.find(model_id, kind)

    def find_chain(self, model_id: str, kind: ModelKind | None = "chat") -> list[CatalogueEntry]:
        """Find a model, its fallback, the fallback's fallback ..., each once; raises as ``find_model`` does."""
        entry = self.find_model(model_id, kind)
        chain: dict[str, CatalogueEntry] = {}
        while entry.id not in chain:
            chain[entry.id] = entry
            try:
                entry = self.find_model(entry.fallback or entry.id, kind)
            except BadRequest:
                break  # switched off: nobody asks it
        return list(chain.values())

    def default_model(self) -> CatalogueEntry | None:
        """Give the model for people who have not chosen one; None while none is known."""
        return self._catalogue.default()

    # Asking

    def stream(self, model_id: str, request: ChatRequest) -> AsyncGenerator[GatewayEvent, None]:
        """Stream the calls that a question takes; it is fitted to each model asked. Close it to close the connection.

        Raises, once it is read, UnknownModel, ProviderNotConfigured and every ProviderError.
        """
        return self._ask(lambda: self.find_chain(model_id), answering(request))

    def embed(self, model_id: str, request: EmbeddingRequest) -> AsyncGenerator[EmbeddingEvent, None]:
        """Give the calls that it takes to turn texts into vectors, and what the last one brought; none is a fallback's.

        Raises as ``stream`` does.
        """
        return self._ask(lambda: [self.find_model(model_id, "embedding")], embedding(request))

    async def _ask(
        self, find: Callable[[], list[CatalogueEntry]], call: Call[Said]
    ) -> AsyncGenerator[Said | CallBegun | CallFailed, None]:
        await self._freshen(SNAPSHOT_SECONDS)
        models = find()
        self._questions += 1
        self._tend()
        try:
            question = Question(self._pool, self._adapter_of, self._limits)
            async with aclosing(question.ask(models, call)) as events:
                async for event in events:
                    yield event
        finally:
            self._questions -= 1

    async def _adapter_of(self, key: PooledKey) -> Provider:
        if key.adapter is None:
            config = replace(key.config, api_keys=(key.secret,) if key.secret else ())
            await registry.warm([config.kind])
            key.adapter = registry.make_provider(config, self._limits)
        return key.adapter

    # Living

    async def start(self, *, own_port: int | None = None) -> None:
        """Look for a local server when nothing is configured, then load the adapters and fetch the lists of models.

        ``own_port`` is the port of this site, which is not asked.
        """
        named = list(self._own)
        await in_database(ensure_environment, self._own)
        members = await in_database(load_members, self._own)
        if all(member.is_discovered for member in members) and (found := await discover_local(own_port=own_port)):
            named.append(ProviderConfig("local", "openai", "Local", found[0]))
            await in_database(ensure_discovered, named[-1])
        await in_database(mark_absent, named)
        await self.reload()
        await self._fetch_lists(LISTED_AT_START)

    async def refresh(self, only: Collection[str] = ()) -> dict[str, SyncResult | str]:
        """Fetch the lists of models now, of all providers or of these; never raises for a provider that fails.

        Returns, by provider, what its list brought, or in words why there is none.
        """
        return await self._fetch_lists(timedelta(0), only)

    async def reload(self) -> None:
        """Read again what can be asked, with which keys; what was written before is seen."""
        if self._reading is not None and not self._reading.done():
            await asyncio.wait([self._reading])
        await self._freshen(0.0)

    async def catch_up(self) -> None:
        """See that what is known is not older than SNAPSHOT_SECONDS, before a question is taken."""
        await self._freshen(SNAPSHOT_SECONDS)

    def ensure_fresh(self) -> None:
        """Have old knowledge read again, and old lists fetched, in the background. Never waits; any thread may call."""
        if self._loop is not None and self._loop.is_running() and self._is_old():
            self._loop.call_soon_threadsafe(self._refresh_soon)

    async def close(self) -> None:
        """Close the connections of the running loop."""
        for task in (self._refreshing, self._tending):
            if task is not None:
                task.cancel()
        await self._pool.close()
        self._begin_anew()
        await close_client()

    # The snapshot

    async def _freshen(self, seconds: float) -> None:
        """See that the snapshot is not older than this; whoever asks while it is read waits for the same reading."""
        self._enter_loop()
        if self._read_at is not None and time.monotonic() - self._read_at <= seconds:
            return
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._read())
        await asyncio.shield(self._reading)

    async def _read(self) -> None:
        began, pool = time.monotonic(), self._pool
        try:
            members, listings, mark = await in_database(_load, self._own, pool.held(), pool.leaving(), self._mark)
            if pool is not self._pool:
                return  # closed meanwhile
        except DatabaseError as error:
            if self._read_at is None:
                raise
            logger.warning("Providers and keys could not be read (%s); they stay as they were.", type(error).__name__)
        else:
            pool.update(members, read_at=began)
            if listings is not None:
                self._catalogue.replace(listings)
                self._mark = mark
        self._read_at = began

    def _tend(self) -> None:
        """Keep the snapshot fresh while anything is asked, also by answers that take minutes."""
        if self._tending is None or self._tending.done():
            self._tending = asyncio.create_task(self._keep_fresh())

    async def _keep_fresh(self) -> None:
        while self._questions:
            await asyncio.sleep(SNAPSHOT_SECONDS)
            await self._freshen(SNAPSHOT_SECONDS / 2)

    def _enter_loop(self) -> None:
        """Begin anew in another loop: adapters use the connections of the one they were made in."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._begin_anew()
            self._loop = loop

    # The lists of models

    def _is_old(self) -> bool:
        now = time.monotonic()
        return self._read_at is None or now - self._read_at > SNAPSHOT_SECONDS or now >= self._lists_due

    def _refresh_soon(self) -> None:
        if self._is_old() and (self._refreshing is None or self._refreshing.done()):
            self._refreshing = asyncio.create_task(self._refresh_old())

    async def _refresh_old(self) -> None:
        try:
            await self._freshen(SNAPSHOT_SECONDS)
            if time.monotonic() >= self._lists_due:
                await self._fetch_lists(None)
        except DatabaseError as error:
            logger.warning("The lists of models could not be brought up to date (%s).", type(error).__name__)

    async def _fetch_lists(
        self, older_than: timedelta | None, only: Collection[str] = ()
    ) -> dict[str, SyncResult | str]:
        """Fetch the lists that no process fetched for so long; None leaves it to how the last time went."""
        self._lists_due = time.monotonic() + RETRY.total_seconds()
        await self._freshen(SNAPSHOT_SECONDS)
        await registry.warm(one.kind for one in self.list_providers())
        listed = [one for one in self.list_providers() if one.kind != DEMO.kind and (not only or one.id in only)]
        fetcher = ListFetcher(self._pool, self._adapter_of, self._limits.listing)
        fetched = await asyncio.gather(*(fetcher.fetch(one, older_than) for one in listed), return_exceptions=True)
        await self.reload()
        results: dict[str, SyncResult | str] = {}
        for one, result in zip(listed, fetched, strict=True):
            if isinstance(result, BaseException):
                raise result
            if result is not None:
                results[one.id] = result
        return results


def _load(
    own: tuple[ProviderConfig, ...], held: dict[tuple[int, str, str], str], leaving: list[int], known: Hashable
) -> tuple[list[Member], list[ProviderListing] | None, Hashable]:
    """Read the snapshot in one unit of work; where nobody can be asked, a demonstration answers.

    The models are only read where something changed since the mark that is ``known``.
    """
    if leaving:
        note_in_use(leaving)
    members = load_members(own, held) or [Member(DEMO, (RosterKey(None),))]
    configs = [member.config for member in members]
    mark = read_mark(configs)
    return members, None if mark == known else load_listings(configs), mark


@cache
def get_gateway() -> Gateway:
    """Give the process's gateway, made from ``settings.PROVIDERS``."""
    return Gateway(settings.PROVIDERS)
