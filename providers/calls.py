"""One call of one adapter: fitted to its model, and in time."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol, TypeVar

from django.utils.translation import gettext as _

from providers.port import Embedder, ProviderTimeout, RequestRefused
from providers.timeouts import limited

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from providers.catalogue import CatalogueEntry
    from providers.port import ChatRequest, EmbeddingRequest, Embeddings, Provider, StreamEvent
    from providers.timeouts import Limits

Said = TypeVar("Said", covariant=True)  # noqa: PLC0105 - the usual name would say nothing


class Call(Protocol[Said]):
    """Something to ask any model with any key; ``limits.whole`` is what is left of the whole question's time."""

    def __call__(self, adapter: Provider, entry: CatalogueEntry, limits: Limits) -> AsyncGenerator[Said, None]: ...


def answering(request: ChatRequest) -> Call[StreamEvent]:
    """Ask for an answer."""

    def call(adapter: Provider, entry: CatalogueEntry, limits: Limits) -> AsyncGenerator[StreamEvent, None]:
        answer = adapter.stream(entry.fit(request))
        return limited(answer, limits, entry.provider_label, thinks=entry.has_reasoning)

    return call


def embedding(request: EmbeddingRequest) -> Call[Embeddings]:
    """Ask for vectors."""

    async def call(adapter: Provider, entry: CatalogueEntry, limits: Limits) -> AsyncGenerator[Embeddings, None]:
        label = entry.provider_label
        if not isinstance(adapter, Embedder):
            raise RequestRefused(
                _("%(name)s refused this request. Change it, or choose another model.") % {"name": label}
            )
        fitted = replace(request, model=entry.name, options={**entry.options, **request.options})
        try:
            async with asyncio.timeout(min(limits.stall, limits.whole)):
                vectors = await adapter.embed(fitted)
        except TimeoutError:
            words = _("%(name)s has not begun to answer in time. Try again.") % {"name": label}
            raise ProviderTimeout(words) from None
        yield vectors

    return call
