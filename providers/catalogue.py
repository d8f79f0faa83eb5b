"""What can be asked: the models of all providers, as they stand in the database, kept in memory.

Reading never waits and works from any thread. A provider of which nothing is known yet stays, with the reason; then
every model name is accepted for it. Disabled models, and those that left their provider's list, are not here at all.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from django.db.models import Count, Prefetch, Sum
from django.utils.translation import gettext as _

from chatproject.errors import BadRequest
from providers.facts import (
    LARGEST_TEMPERATURE,
    OUTPUT_TOKENS,
    TEMPERATURE,
    cautious_window,
    known_facts,
    known_kind,
    largest_temperature,
)
from providers.models import LanguageModel, Price, Provider
from providers.pricing import FREE, is_own_server

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping

    from providers.port import ChatRequest, ModelKind, ProviderConfig
    from providers.pricing import PriceTier

LONGEST_SHOWN = 100

KNOWN_PROVIDERS = ("openai", "anthropic", "local")
"""Provider ids that an operator could configure."""


class UnknownModel(BadRequest):
    code = "unknown_model"
    http_status = 404


class ProviderNotConfigured(BadRequest):
    code = "provider_not_configured"


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """One model that can be asked; ``id`` is ``<provider>/<name>``, sizes are in tokens.

    ``output_tokens`` is what the chat asks for, ``temperature`` None for a model that takes none, ``prices`` empty when
    they are not known, and ``fallback`` the id of the model that answers when this one cannot. ``reuses_answers`` lets
    an answer be given again to whoever asks the same; ``mark`` is the row's, ``server`` that of its provider.
    """

    id: str
    provider_id: str
    provider_label: str
    name: str
    label: str
    context_window: int
    largest_output: int | None = None
    output_tokens: int = OUTPUT_TOKENS
    temperature: float | None = TEMPERATURE
    largest_temperature: float = LARGEST_TEMPERATURE
    options: Mapping[str, Any] = field(default_factory=dict)
    instructions: str = ""
    fallback: str | None = None
    prices: tuple[PriceTier, ...] = ()
    has_vision: bool = False
    has_tools: bool = False
    has_reasoning: bool = False
    kind: ModelKind = "chat"
    is_default: bool = False
    reuses_answers: bool = False
    is_window_known: bool = False
    mark: int = 0
    server: str = ""

    @property
    def is_free(self) -> bool:
        return bool(self.prices) and not any(tier.input or tier.output for tier in self.prices)

    @property
    def takes_temperature(self) -> bool:
        return self.temperature is not None

    def version_at(self, server: str) -> str:
        """Name this state of the model, asked at a server."""
        return f"{self.mark} {server}"

    def limit_output(self, wanted: int | None) -> int:
        """Tell how many tokens to ask for at most: the wanted ones or the chat's own, and no more than can come."""
        return min(wanted or self.output_tokens, self.largest_output or self.context_window)

    def limit_temperature(self, wanted: float | None) -> float | None:
        """Tell which temperature to ask for: the wanted one or the chat's own, no higher than can be; None for none."""
        if self.temperature is None:
            return None
        return min(self.temperature if wanted is None else wanted, self.largest_temperature)

    def _fit_temperature(self, request: ChatRequest) -> float | None:
        """Give the chat's own temperature only where nothing is said of sampling."""
        is_said = request.temperature is not None or request.top_p is None
        return self.limit_temperature(request.temperature) if is_said else None

    def fit(self, request: ChatRequest) -> ChatRequest:
        """Make a request this model's: under its name, with its parameters, and with nothing that it does not take."""
        return replace(
            request,
            model=self.name,
            messages=request.messages if self.has_vision else tuple(one.without_pictures() for one in request.messages),
            max_output_tokens=self.limit_output(request.max_output_tokens),
            temperature=self._fit_temperature(request),
            options={**self.options, **request.options},
        )


@dataclass(frozen=True, slots=True)
class ProviderListing:
    """A provider with what is known of it: the ``models`` to talk with, and those that embed texts.

    ``models`` is None until a list came or an operator entered one; ``reason`` says why the last try failed. Neither
    means: not looked up yet.
    """

    id: str
    label: str
    models: tuple[CatalogueEntry, ...] | None
    reason: str = ""
    kind: str = "openai"
    server: str = ""
    is_own_server: bool = False
    embedders: tuple[CatalogueEntry, ...] = ()


class Catalogue:
    """A snapshot, replaced whole; whoever reads meanwhile sees the one or the other."""

    def __init__(self, listings: Iterable[ProviderListing] = ()) -> None:
        self._listings: dict[str, ProviderListing] = {}
        self.replace(listings)

    def replace(self, listings: Iterable[ProviderListing]) -> None:
        self._listings = {listing.id: listing for listing in listings}

    def providers(self) -> list[ProviderListing]:
        return list(self._listings.values())

    def models(self, kind: ModelKind = "chat") -> list[CatalogueEntry]:
        return [entry for listing in self.providers() for entry in _of_kind(listing, kind)]

    def default(self) -> CatalogueEntry | None:
        """Give the model for people who have not chosen: the one marked, else the first; None while none is known."""
        models = self.models()
        return next((entry for entry in models if entry.is_default), models[0] if models else None)

    def find(self, model_id: str, kind: ModelKind | None = "chat") -> CatalogueEntry:
        """Find a model that can be asked, of this kind or of any; raises UnknownModel or ProviderNotConfigured."""
        provider_id, _slash, name = model_id.partition("/")
        listing = self._listings.get(provider_id)
        if listing is None and provider_id in KNOWN_PROVIDERS and name:
            raise ProviderNotConfigured(
                _("The model %(name)s is not set up on this site. Please ask your operator.") % {"name": name}
            )
        if listing is None or not name:
            raise _unknown(model_id)
        if listing.models is None:
            return _unlisted(listing, name, kind=kind or known_kind(name))
        by_name = {entry.name: entry for entry in _of_kind(listing, kind)}
        found = by_name.get(name) or by_name.get(f"{name}:latest")  # Ollama lists "llama3:latest" and takes "llama3"
        if found is None:
            raise _unknown(name)
        return found


def _of_kind(listing: ProviderListing, kind: ModelKind | None) -> tuple[CatalogueEntry, ...]:
    models = listing.models or ()
    return {"chat": models, "embedding": listing.embedders, None: (*models, *listing.embedders)}[kind]


def read_mark(configs: Iterable[ProviderConfig]) -> Hashable:
    """Give what differs whenever :func:`load_listings` would; cheap, however many models there are."""
    rows = Provider.objects.order_by("pk").values_list("slug", "needs_key", "listed_at", "listing_error")
    marks = (table.aggregate(Count("pk"), Sum("mark")) for table in (LanguageModel.objects, Price.objects))
    return tuple(configs), tuple(rows), *(tuple(mark.values()) for mark in marks)


def load_listings(configs: Iterable[ProviderConfig]) -> list[ProviderListing]:
    """Read what the database knows of these providers, in their order; for a database thread."""
    wanted = list(configs)
    models = LanguageModel.objects.select_related("fallback__provider").prefetch_related("prices")
    rows = Provider.objects.filter(slug__in=[config.provider_id for config in wanted])
    known = {row.slug: row for row in rows.prefetch_related(Prefetch("models", models))}
    return [_listing(config, known.get(config.provider_id)) for config in wanted]


def _listing(config: ProviderConfig, row: Provider | None) -> ProviderListing:
    needs_key = row.needs_key if row else True
    listing = ProviderListing(
        id=config.provider_id,
        label=config.label,
        models=None,
        reason=row.listing_error if row else "",
        kind=config.kind,
        server=config.server,
        is_own_server=is_own_server(config.kind, config.base_url, needs_key=needs_key),
    )
    models = row.models.all() if row else []
    if config.kind == "demo":
        return replace(listing, models=(_unlisted(listing, "demo", "Demonstration"),))
    if row is None or (not models and row.listed_at is None):
        return listing
    entries = [_entry(listing, model) for model in models if model.is_offered]
    return replace(
        listing,
        models=tuple(entry for entry in entries if entry.kind == "chat"),
        embedders=tuple(entry for entry in entries if entry.kind == "embedding"),
    )


def _entry(listing: ProviderListing, model: LanguageModel) -> CatalogueEntry:
    fallback = model.fallback
    return CatalogueEntry(
        id=f"{listing.id}/{model.name}",
        provider_id=listing.id,
        provider_label=listing.label,
        name=model.name,
        label=model.label,
        kind=cast("ModelKind", model.kind),
        context_window=model.context_window or cautious_window(listing.id, listing.kind),
        largest_output=model.largest_output,
        output_tokens=model.output_tokens,
        temperature=model.temperature if model.takes_temperature else None,
        largest_temperature=largest_temperature(listing.kind),
        options=model.parameters,
        instructions=model.instructions,
        fallback=f"{fallback.provider.slug}/{fallback.name}" if fallback else None,
        prices=_prices(listing, model),
        has_vision=model.has_vision,
        has_tools=model.has_tools,
        has_reasoning=model.has_reasoning,
        is_default=model.is_default,
        reuses_answers=model.reuses_answers,
        is_window_known=model.context_window is not None,
        mark=model.mark,
        server=listing.server,
    )


def _prices(listing: ProviderListing, model: LanguageModel) -> tuple[PriceTier, ...]:
    tiers = sorted((row.tier for row in model.prices.all()), key=lambda tier: tier.above_tokens)
    return tuple(tiers) or (FREE if listing.is_own_server else ())


def _unlisted(listing: ProviderListing, name: str, label: str = "", *, kind: ModelKind = "chat") -> CatalogueEntry:
    """Make do with what its name tells of a model, until a list comes."""
    facts = known_facts(listing.kind, name)
    return CatalogueEntry(
        id=f"{listing.id}/{name}",
        provider_id=listing.id,
        provider_label=listing.label,
        name=name,
        label=label or name,
        kind=kind,
        context_window=facts.context_window or cautious_window(listing.id, listing.kind),
        largest_output=facts.largest_output,
        temperature=TEMPERATURE if facts.takes_temperature else None,
        largest_temperature=largest_temperature(listing.kind),
        prices=FREE if listing.is_own_server else (),
        has_vision=facts.has_vision,
        has_tools=facts.has_tools,
        has_reasoning=facts.has_reasoning,
        is_window_known=facts.context_window is not None,
    )


def _unknown(name: str) -> UnknownModel:
    shown = name if len(name) <= LONGEST_SHOWN else name[:LONGEST_SHOWN] + "…"
    return UnknownModel(_("The model %(name)s is not available. Choose another one.") % {"name": shown})
