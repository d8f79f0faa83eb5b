"""The lists of models as one process fetches them, until they come from the database."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING

from providers.catalogue import KNOWN_PROVIDERS, CatalogueEntry, ProviderListing, ProviderNotConfigured, _unknown
from providers.facts import CAUTIOUS_WINDOWS as CONTEXT_WINDOWS
from providers.port import ProviderError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from providers.port import ModelInfo, ProviderConfig

logger = logging.getLogger(__name__)

FRESH_SECONDS = 300.0
RETRY_SECONDS = 60.0


class Catalogue:
    """Written in one event loop, read from any thread: each listing is replaced whole."""

    def __init__(self, configs: tuple[ProviderConfig, ...], limit: float) -> None:
        self._configs = {config.provider_id: config for config in configs}
        self._limit = limit
        self._listings = {
            config.provider_id: ProviderListing(config.provider_id, config.label, None) for config in configs
        }
        self._due = 0.0

    def providers(self) -> list[ProviderListing]:
        return [self._listings[provider_id] for provider_id in self._configs]

    def models(self) -> list[CatalogueEntry]:
        return [entry for listing in self.providers() for entry in listing.models or ()]

    def find(self, model_id: str) -> CatalogueEntry:
        """Find a model that can be asked; raises UnknownModel or ProviderNotConfigured."""
        provider_id, _, name = model_id.partition("/")
        listing = self._listings.get(provider_id)
        if listing is None and provider_id in KNOWN_PROVIDERS and name:
            raise ProviderNotConfigured(f"The model {name} is not set up on this site. Please ask your operator.")
        if listing is None or not name:
            raise _unknown(model_id)
        if listing.models is None:
            return self._entry(provider_id, name, name, None)
        # Ollama lists "llama3:latest" and takes "llama3".
        found = [entry for entry in listing.models if entry.name in {name, f"{name}:latest"}]
        if not found:
            raise _unknown(name)
        return found[0]

    def is_due(self) -> bool:
        return time.monotonic() >= self._due

    async def refresh(self, fetch: Callable[[ProviderConfig], Awaitable[list[ModelInfo]]]) -> None:
        """Fetch all lists at once, each within the limit; what fails keeps the list it had, or says why."""
        self._due = time.monotonic() + FRESH_SECONDS
        fetched = await asyncio.gather(*(self._refresh_one(config, fetch) for config in self._configs.values()))
        if not all(fetched):
            self._due = time.monotonic() + RETRY_SECONDS

    async def _refresh_one(
        self, config: ProviderConfig, fetch: Callable[[ProviderConfig], Awaitable[list[ModelInfo]]]
    ) -> bool:
        try:
            async with asyncio.timeout(self._limit):
                models = await fetch(config)
        except ProviderError as error:
            self._note_failure(config, error.message)
            return False
        except TimeoutError:
            self._note_failure(config, f"{config.label} has not sent its list of models in time.")
            return False
        entries = tuple(self._entry(config.provider_id, one.name, one.label, one.context_window) for one in models)
        self._listings[config.provider_id] = ProviderListing(config.provider_id, config.label, entries)
        return True

    def _note_failure(self, config: ProviderConfig, reason: str) -> None:
        logger.warning("The models of %s could not be listed: %s", config.provider_id, reason)
        known = self._listings[config.provider_id].models
        self._listings[config.provider_id] = ProviderListing(config.provider_id, config.label, known, reason)

    def _entry(self, provider_id: str, name: str, label: str, window: int | None) -> CatalogueEntry:
        config = self._configs[provider_id]
        default = CONTEXT_WINDOWS.get(provider_id) or CONTEXT_WINDOWS[config.kind]
        return CatalogueEntry(f"{provider_id}/{name}", provider_id, config.label, name, label, window or default)
