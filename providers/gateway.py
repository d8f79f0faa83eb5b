"""The face of the providers: every other room asks here, and only here."""

from __future__ import annotations

import asyncio
import itertools
import logging
from contextlib import aclosing, suppress
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from django.conf import settings

from providers import registry
from providers.catalogue import CatalogueEntry, ProviderListing, ProviderNotConfigured, UnknownModel
from providers.discovery import discover_local
from providers.fetching import Catalogue
from providers.http import close_client
from providers.port import BadCredentials, ProviderConfig, RateLimited
from providers.timeouts import Limits, limited

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable

    from providers.port import ChatRequest, ModelInfo, Provider, StreamEvent

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


class Gateway:
    """Knows who answers and asks them. Reading works from any thread, the rest inside the event loop."""

    def __init__(self, configs: Iterable[ProviderConfig], limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._is_configured = False
        self._refreshing: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._turns = itertools.count()
        self._adapters: dict[str, list[Provider]] = {}
        self._configure(tuple(configs))

    def _configure(self, configs: tuple[ProviderConfig, ...]) -> None:
        self._is_configured = bool(configs)
        self._configs = {config.provider_id: config for config in configs or (DEMO,)}
        self._catalogue = Catalogue(tuple(self._configs.values()), self._limits.listing)

    # Reading

    def list_models(self) -> list[CatalogueEntry]:
        """List the models that are known at this moment, grouped by provider, in the order for people."""
        return self._catalogue.models()

    def list_providers(self) -> list[ProviderListing]:
        """List the providers; one whose list could not be fetched says why in words."""
        return self._catalogue.providers()

    def find_model(self, model_id: str) -> CatalogueEntry:
        """Find what ``<provider>/<name>`` names; raises UnknownModel or ProviderNotConfigured (both BadRequest)."""
        return self._catalogue.find(model_id)

    def default_model(self) -> CatalogueEntry | None:
        """Give the model for people who have not chosen one; None while none is known."""
        return next(iter(self.list_models()), None)

    # Asking

    async def stream(self, model_id: str, request: ChatRequest) -> AsyncGenerator[StreamEvent, None]:
        """Stream the answer of a model; ``request.model`` is filled in here. Close it to close the connection.

        Raises UnknownModel, ProviderNotConfigured and every ProviderError.
        """
        entry = self.find_model(model_id)
        answer = self._ask(entry.provider_id, entry.fit(request))
        async with aclosing(limited(answer, self._limits, entry.provider_label)) as events:
            async for event in events:
                yield event

    async def _ask(self, provider_id: str, request: ChatRequest) -> AsyncGenerator[StreamEvent, None]:
        """Use the keys in turn; while nothing has come, one that is refused or exhausted gives way to the next."""
        adapters = await self._adapters_of(provider_id)
        first = next(self._turns)
        for attempt in range(len(adapters)):
            has_begun = False
            try:
                async with aclosing(adapters[(first + attempt) % len(adapters)].stream(request)) as events:
                    async for event in events:
                        has_begun = True
                        yield event
            except (BadCredentials, RateLimited) as error:
                if has_begun or attempt == len(adapters) - 1:
                    raise
                logger.warning("%s: trying the next key after %s", provider_id, error.code)
            else:
                return

    # Living

    async def start(self, *, own_port: int | None = None) -> None:
        """Look for a local server when nothing is configured, then load the adapters and fetch the lists of models.

        ``own_port`` is the port of this site, which is not asked.
        """
        if not self._is_configured and (found := await discover_local(own_port=own_port)):
            self._configure((ProviderConfig("local", "openai", "Local", found[0]),))
        await self.refresh()

    async def refresh(self) -> None:
        """Fetch the lists of models now; never raises for a provider that fails."""
        self._enter_loop()
        await registry.warm(config.kind for config in self._configs.values())
        await self._catalogue.refresh(self._fetch)

    def ensure_fresh(self) -> None:
        """Have old lists fetched in the background, at most every five minutes. Never waits; any thread may call it."""
        if self._loop is not None and self._loop.is_running() and self._catalogue.is_due():
            self._loop.call_soon_threadsafe(self._refresh_soon)

    async def close(self) -> None:
        """Close the connections of the running loop."""
        if self._refreshing is not None:
            self._refreshing.cancel()
        self._adapters.clear()
        await close_client()

    def _refresh_soon(self) -> None:
        if self._catalogue.is_due() and (self._refreshing is None or self._refreshing.done()):
            self._refreshing = asyncio.get_running_loop().create_task(self.refresh())

    async def _fetch(self, config: ProviderConfig) -> list[ModelInfo]:
        *others, last = await self._adapters_of(config.provider_id)
        for adapter in others:
            with suppress(BadCredentials, RateLimited):
                return await adapter.list_models()
        return await last.list_models()

    async def _adapters_of(self, provider_id: str) -> list[Provider]:
        """Give one adapter for each key."""
        self._enter_loop()
        if provider_id not in self._adapters:
            config = self._configs[provider_id]
            await registry.warm([config.kind])
            keys = config.api_keys or ("",)
            made = [registry.make_provider(replace(config, api_keys=(key,)), self._limits) for key in keys]
            self._adapters[provider_id] = made
        return self._adapters[provider_id]

    def _enter_loop(self) -> None:
        """Adapters use the connections of the loop they were made in; another loop needs others."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._adapters.clear()
            self._loop = loop


@cache
def get_gateway() -> Gateway:
    """Give the process's gateway, made from ``settings.PROVIDERS``."""
    return Gateway(settings.PROVIDERS)
