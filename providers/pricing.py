"""Prices and sizes from the data that comes with genai-prices.

What it does not know stays unknown: never 0, never a guess. Only the bundled data is read; its updater, which asks the
network, is never started.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, ModelPrice

MICRO = 1_000_000
"""Micro-dollars in a dollar."""


@dataclass(frozen=True, slots=True)
class PriceTier:
    """Prices in micro-dollars per million tokens, for prompts of more than ``above_tokens``.

    The tier of the prompt's length applies to the whole call. None: charged as ordinary input.
    """

    above_tokens: int
    input: int
    cached_input: int | None
    cache_write: int | None
    output: int


FREE = (PriceTier(0, 0, 0, 0, 0),)
"""A model that costs nothing, because its machine is one's own."""


def is_own_server(kind: str, base_url: str, *, needs_key: bool) -> bool:
    """Tell whether the operator runs the server of a provider, so that nobody sends a bill for it."""
    return kind == "demo" or (kind == "openai" and (not needs_key or is_near(urlsplit(base_url).hostname or "")))


def is_near(host: str) -> bool:
    """Tell whether an address is on this machine or in this network; a name without a dot is known nowhere else."""
    try:
        return not ip_address(host).is_global
    except ValueError:
        return "." not in host


def known_prices(base_url: str, name: str, *, writes: bool = True) -> tuple[PriceTier, ...]:
    """Look up what a model costs today at the provider with this address; empty where that is not known.

    A model that writes nothing, but embeds texts, has no price for it.

    The first call loads the data (a fifth of a second): not for the event loop.
    """
    if (found := _find(base_url, name)) is None or not found.prices:
        return ()
    return _tiers(found.get_prices(datetime.now(UTC)), writes=writes)


def known_window(base_url: str, name: str) -> int | None:
    """Look up the context window of a model, in tokens. As slow as :func:`known_prices`."""
    found = _find(base_url, name)
    return found.context_window if found else None


@lru_cache(maxsize=4096)
def _find(base_url: str, name: str) -> ModelInfo | None:
    from genai_prices.data_snapshot import get_snapshot  # noqa: PLC0415 - loads megabytes, which few processes need

    try:
        _, model = get_snapshot().find_provider_model(name, None, None, base_url)
    except LookupError:
        return None
    return model


def _tiers(price: ModelPrice, *, writes: bool) -> tuple[PriceTier, ...]:
    """Turn prices, each with tiers of its own, into rows; none unless both input and output are known."""
    prices = {
        field: getattr(price, f"{part}_mtok", None)
        for field, part in (
            ("input", "input"),
            ("cached_input", "cache_read"),
            ("cache_write", "cache_write"),
            ("output", "output"),
        )
    }
    if not writes:
        prices["output"] = Decimal(0)
    if prices["input"] is None or prices["output"] is None:
        return ()
    starts = {0} | {tier.start for one in prices.values() for tier in getattr(one, "tiers", ())}
    return tuple(
        PriceTier(start, **{field: _at(one, start) for field, one in prices.items()})  # type: ignore[arg-type]
        for start in sorted(starts)
    )


def _at(price: Any, above: int) -> int | None:
    """Give a price in micro-dollars for prompts of more than ``above`` tokens."""
    if price is None:
        return None
    amount = getattr(price, "base", price)
    for tier in getattr(price, "tiers", ()):
        if tier.start <= above:
            amount = tier.price
    return int((Decimal(amount) * MICRO).to_integral_value())
