"""Keeping the catalogue: what a provider lists goes into the tables, what an operator changed stays.

All of this is for database threads.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from providers.facts import known_facts
from providers.models import LanguageModel, Price, PriceSource, Provider
from providers.pricing import PriceTier, known_prices, known_window

if TYPE_CHECKING:
    from providers.port import ModelInfo

FRESH = timedelta(minutes=5)
"""How old a list may become before it is fetched again."""

RETRY = timedelta(minutes=1)
"""How soon a list that could not be fetched is tried again."""

SYNCED = (
    "label",
    "kind",
    "context_window",
    "largest_output",
    "has_vision",
    "has_tools",
    "has_reasoning",
    "takes_temperature",
    "position",
)
"""What a list fills, unless an operator changed it; ``prices`` likewise."""

FIRST_POSITION = 1000
"""Listed models come in their list's order, after those that an operator gave a smaller number."""

MOST_MODELS = 2_000
"""Of one list; nobody chooses among more, and the pages that offer them stay light."""

_LONGEST_NAME = 160
_LONGEST_ID = 200
_LONGEST_REASON = 500
_LARGEST_SIZE = 2**31 - 1


@dataclass(frozen=True, slots=True)
class SyncResult:
    """What a list brought: how many models, and the wire names of those that are new, back, or gone.

    ``kept`` names the listed models of which an operator changed something, which stayed as it is.
    """

    listed: int = 0
    new: list[str] = field(default_factory=list)
    back: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)

    def describe(self) -> str:
        """Say it to an operator in a sentence."""
        parts = (("new", self.new), ("back", self.back), ("gone", self.gone), ("kept as changed here", self.kept))
        said = [f"{word}: {', '.join(names)}" for word, names in parts if names]
        return f"{self.listed} listed, " + ("; ".join(said) or "nothing new") + "."


def claim_listing(provider_slug: str, *, older_than: timedelta) -> bool:
    """Tell whether this process shall fetch a list now: of all that ask, one, and no claim is younger than that."""
    now = timezone.now()
    unclaimed = Q(listing_claimed_at=None) | Q(listing_claimed_at__lte=now - older_than)
    return bool(Provider.objects.filter(unclaimed, slug=provider_slug).update(listing_claimed_at=now))


def store_list(provider_slug: str, models: list[ModelInfo]) -> SyncResult:
    """Put a provider's list into the catalogue, and note that it came. An unknown slug changes nothing.

    The first call in a process may load the price data (a fifth of a second).
    """
    provider = Provider.objects.filter(slug=provider_slug).first()
    if provider is None:
        return SyncResult()
    longest = min(_LONGEST_NAME, _LONGEST_ID - len(f"{provider_slug}/"))
    listed = {one.name: one for one in models[:MOST_MODELS] if 0 < len(one.name) <= longest and one.name.isprintable()}
    # Looking things up takes its time with long lists, and nobody should wait for a lock meanwhile.
    values = {
        name: _values(provider, info, FIRST_POSITION + place) for place, (name, info) in enumerate(listed.items())
    }
    prices = (
        {}
        if provider.is_own_server
        else {name: known_prices(provider.base_url, name, writes=info.kind == "chat") for name, info in listed.items()}
    )
    if not listed and provider.models.filter(is_listed=True).exists():
        store_list_failure(provider_slug, f"{provider.label} sent an empty list of models; the one before it stays.")
        return SyncResult()
    with transaction.atomic():
        if Provider.objects.select_for_update().filter(pk=provider.pk).first() is None:
            return SyncResult()
        rows = {row.name: row for row in provider.models.all()}
        result = SyncResult(
            listed=len(listed),
            new=[name for name in listed if name not in rows],
            back=[name for name, row in rows.items() if name in listed and not row.is_listed],
            gone=[name for name, row in rows.items() if name not in listed and row.is_listed],
            kept=[name for name, row in rows.items() if name in listed and row.edited],
        )
        _store_models(provider, values, rows)
        _store_prices(provider, prices, rows)
        Provider.objects.filter(pk=provider.pk).update(listed_at=timezone.now(), listing_error="")
    return result


def store_list_failure(provider_slug: str, reason: str) -> None:
    """Note in words why a list could not be fetched; what was known stays."""
    Provider.objects.filter(slug=provider_slug).update(listing_error=reason[:_LONGEST_REASON])


def _store_models(provider: Provider, values: dict[str, dict[str, Any]], rows: dict[str, LanguageModel]) -> None:
    """Create and update what differs; ``rows`` gains what is new."""
    wanted = {name: {"is_listed": False} for name in rows} | {
        name: {"is_listed": True, **known} for name, known in values.items()
    }
    changed = {name: taken for name, row in rows.items() if (taken := _take(row, wanted[name]))}
    if changed:
        fields = {field for taken in changed.values() for field in taken}
        LanguageModel.objects.bulk_update([rows[name] for name in changed], sorted(fields))
    new = {name: LanguageModel(provider=provider, name=name, **wanted[name]) for name in values if name not in rows}
    for row in new.values():
        wanted_output = known_facts(provider.kind, row.name).output_tokens or row.output_tokens
        row.output_tokens = min(wanted_output, row.largest_output or wanted_output)
    LanguageModel.objects.bulk_create(new.values())
    rows.update(new)


def _values(provider: Provider, info: ModelInfo, position: int) -> dict[str, Any]:
    """Put together what is known of a model: from its list, else the price data, else its name; None is unknown."""
    facts = known_facts(provider.kind, info.name)
    window = _size(info.context_window)
    if window is None and not provider.is_own_server:
        window = known_window(provider.base_url, info.name)
    return {
        "label": "".join(filter(str.isprintable, info.label))[:_LONGEST_NAME] or info.name,
        "kind": info.kind,
        "context_window": window or facts.context_window,
        "largest_output": _size(info.largest_output) or facts.largest_output,
        "has_vision": facts.has_vision if info.has_vision is None else info.has_vision,
        "has_tools": facts.has_tools,
        "has_reasoning": facts.has_reasoning if info.has_reasoning is None else info.has_reasoning,
        "takes_temperature": facts.takes_temperature,
        "position": position,
    }


def _size(tokens: object) -> int | None:
    """Take a size as a list says it, where it can be one."""
    return tokens if isinstance(tokens, int) and 0 < tokens <= _LARGEST_SIZE else None


def _take(row: LanguageModel, values: dict[str, Any]) -> list[str]:
    """Set what is not an operator's; returns the names of what changed."""
    differing = [name for name in values if name not in row.edited and getattr(row, name) != values[name]]
    for name in differing:
        setattr(row, name, values[name])
    return differing


def _store_prices(provider: Provider, known: dict[str, tuple[PriceTier, ...]], rows: dict[str, LanguageModel]) -> None:
    """Copy the prices of the bundled data where no operator has entered or removed any."""
    stored: defaultdict[int, list[Price]] = defaultdict(list)
    for price in Price.objects.filter(model__provider=provider):
        stored[price.model_id].append(price)
    stale: list[Price] = []
    fresh: list[Price] = []
    for name, tiers in known.items():
        model, present = rows[name], stored[rows[name].pk]
        if "prices" in model.edited or any(price.source == PriceSource.OPERATOR for price in present):
            continue
        if {price.tier for price in present} != set(tiers):
            stale += present
            fresh += [_price(model, tier) for tier in tiers]
    if stale:
        Price.objects.filter(pk__in=[price.pk for price in stale]).delete()
    Price.objects.bulk_create(fresh)


def _price(model: LanguageModel, tier: PriceTier) -> Price:
    return Price(
        model=model,
        above_tokens=tier.above_tokens,
        input=tier.input,
        cached_input=tier.cached_input,
        cache_write=tier.cache_write,
        output=tier.output,
        source=PriceSource.BUNDLED,
    )
