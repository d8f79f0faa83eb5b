"""What a call costs, to the micro-dollar."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.money.cost import cost_of, worst_cost
from providers.port import Usage
from providers.pricing import FREE, MICRO, PriceTier

PLAIN = (PriceTier(0, 5 * MICRO, None, None, 30 * MICRO),)
CACHING = (PriceTier(0, 3 * MICRO, 300_000, 3_750_000, 15 * MICRO),)
STEPS = (PriceTier(200_000, 4 * MICRO, None, None, 20 * MICRO), PriceTier(0, 2 * MICRO, None, None, 10 * MICRO))

counts = st.integers(0, 10_000_000)
amounts = st.integers(0, 1_000 * MICRO)


@pytest.mark.parametrize(
    ("usage", "prices", "cost"),
    [
        (Usage(1_000, 100), PLAIN, 5_000 + 3_000),
        (Usage(1_000, 100, reasoning_tokens=90), PLAIN, 8_000),
        (Usage(1_000, 0, cached_tokens=600), PLAIN, 5_000),
        (Usage(1_000, 0, cached_tokens=600), CACHING, 1_200 + 180),
        (Usage(1_000, 0, cached_tokens=600, cache_write_tokens=400), CACHING, 180 + 1_500),
        (Usage(200_000, 1_000), STEPS, 400_000 + 10_000),
        (Usage(200_001, 1_000), STEPS, 800_004 + 20_000),
        (Usage(5_000, 5_000), FREE, 0),
        (Usage(5_000, 5_000), (), None),
        (Usage(0, 0), (), None),
        (Usage(100, 1), STEPS[:1], None),
    ],
)
def test_cost_follows_the_kinds_of_tokens(usage: Usage, prices: tuple[PriceTier, ...], cost: int | None) -> None:
    assert cost_of(usage, prices) == cost


@pytest.mark.parametrize(("price", "cost"), [(499_999, 0), (500_000, 1), (1_499_999, 1), (1_500_000, 2)])
def test_cost_is_rounded_half_up(price: int, cost: int) -> None:
    assert cost_of(Usage(1, 0), (PriceTier(0, price, None, None, 0),)) == cost


@given(
    plain=counts, cached=counts, written=counts, completion=counts, prices=st.tuples(amounts, amounts, amounts, amounts)
)
def test_cost_is_exact_and_rounded_once(
    plain: int, cached: int, written: int, completion: int, prices: tuple[int, int, int, int]
) -> None:
    usage = Usage(plain + cached + written, completion, cached_tokens=cached, cache_write_tokens=written)
    parts = zip((plain, cached, written, completion), prices, strict=True)
    exact = sum((Decimal(tokens) * price for tokens, price in parts), Decimal(0)) / MICRO
    assert cost_of(usage, (PriceTier(0, *prices),)) == int(exact.to_integral_value(ROUND_HALF_UP))


@given(prompt=counts, cached=st.floats(0, 1), completion=counts, prices=st.tuples(amounts, amounts, amounts, amounts))
def test_worst_cost_is_never_less(
    prompt: int, cached: float, completion: int, prices: tuple[int, int, int, int]
) -> None:
    tiers = (PriceTier(0, *prices),)
    usage = Usage(prompt, completion, cached_tokens=int(prompt * cached))
    assert (worst_cost(prompt, completion, tiers) or 0) >= (cost_of(usage, tiers) or 0)
