"""What a call costs: integers in micro-dollars, from tokens and prices in micro-dollars per million tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from providers.pricing import MICRO, PriceTier

if TYPE_CHECKING:
    from collections.abc import Sequence

    from providers.port import Usage

HALF = MICRO // 2


def find_tier(prices: Sequence[PriceTier], prompt_tokens: int) -> PriceTier | None:
    """Find the prices for a prompt of this length; None where they are not known."""
    fitting = [tier for tier in prices if tier.above_tokens == 0 or tier.above_tokens < prompt_tokens]
    return max(fitting, key=lambda tier: tier.above_tokens, default=None)


def cost_of(usage: Usage, prices: Sequence[PriceTier]) -> int | None:
    """Return the cost of a call, rounded half up once at the end; None where the price is not known.

    Tokens read from or written to a cache have prices of their own, or else that of ordinary input.
    """
    tier = find_tier(prices, usage.prompt_tokens)
    if tier is None:
        return None
    plain = max(0, usage.prompt_tokens - usage.cached_tokens - usage.cache_write_tokens)
    total = (
        plain * tier.input
        + usage.cached_tokens * _or_input(tier.cached_input, tier)
        + usage.cache_write_tokens * _or_input(tier.cache_write, tier)
        + usage.completion_tokens * tier.output
    )
    return (total + HALF) // MICRO


def worst_cost(prompt_tokens: int, output_tokens: int, prices: Sequence[PriceTier]) -> int | None:
    """Return the most that a call of this size can cost, rounded up; None where the price is not known."""
    tier = find_tier(prices, prompt_tokens)
    if tier is None:
        return None
    dearest = max(tier.input, _or_input(tier.cached_input, tier), _or_input(tier.cache_write, tier))
    return -(-(prompt_tokens * dearest + output_tokens * tier.output) // MICRO)


def _or_input(price: int | None, tier: PriceTier) -> int:
    return tier.input if price is None else price
