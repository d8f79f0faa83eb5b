"""Prices and sizes: known to the micro-dollar, or unknown."""

from __future__ import annotations

import sys
import threading

import pytest

from providers.facts import known_facts
from providers.pricing import PriceTier, is_own_server, known_prices, known_window
from tests.providers.rows import ANTHROPIC, LOCAL, OPENAI


def test_price_of_a_known_model_has_all_its_parts() -> None:
    assert known_prices(ANTHROPIC, "claude-sonnet-5-5") == (PriceTier(0, 2_000_000, 100_000, 2_500_000, 10_000_000),)


def test_price_by_length_of_the_prompt_is_one_row_each() -> None:
    assert known_prices(OPENAI, "gpt-5.5") == (
        PriceTier(0, 5_000_000, 500_000, None, 30_000_000),
        PriceTier(272_000, 10_000_000, 1_000_000, None, 45_000_000),
    )


@pytest.mark.parametrize(
    ("base_url", "name"),
    [
        (OPENAI, "brand-new"),
        (OPENAI, ""),
        (OPENAI, "claude-sonnet-5-5"),
        (LOCAL, "gpt-5.5"),
        ("https://proxy.example.org/v1", "gpt-5.5"),
    ],
)
def test_unknown_model_or_seller_has_no_price(base_url: str, name: str) -> None:
    assert known_prices(base_url, name) == ()


def test_window_is_known_or_not() -> None:
    assert known_window(OPENAI, "gpt-4o") == 128_000
    assert known_window(OPENAI, "brand-new") is None


def test_data_never_updates_itself() -> None:
    known_prices(OPENAI, "gpt-5.5")
    assert sys.modules["genai_prices.data_snapshot"]._custom_snapshot is None
    assert not [thread.name for thread in threading.enumerate() if "price" in thread.name.lower()]


@pytest.mark.parametrize(
    ("kind", "base_url", "needs_key", "own"),
    [
        ("openai", LOCAL, True, True),
        ("openai", "http://localhost:8080/v1", True, True),
        ("openai", "http://[::1]:8080/v1", True, True),
        ("openai", "http://gpu.example.org/v1", False, True),
        ("openai", "http://gpu.example.org/v1", True, False),
        ("openai", "http://192.168.1.20:8000/v1", True, True),
        ("openai", "http://ollama:11434/v1", True, True),
        ("openai", OPENAI, True, False),
        ("openai", "https://localhost.example.org/v1", True, False),
        ("anthropic", "http://127.0.0.1:9", True, False),
        ("demo", "", True, True),
    ],
)
def test_own_server_is_told_from_others(kind: str, base_url: str, needs_key: bool, own: bool) -> None:  # noqa: FBT001
    assert is_own_server(kind, base_url, needs_key=needs_key) is own


@pytest.mark.parametrize(
    ("kind", "name", "takes"),
    [
        ("openai", "gpt-4o", True),
        ("openai", "gpt-4.1-mini", True),
        ("openai", "gpt-5-chat-latest", True),
        ("openai", "gpt-5", False),
        ("openai", "gpt-5.5-2026-04-23", False),
        ("openai", "gpt-6.2-sol", False),
        ("openai", "o1", False),
        ("openai", "o4-mini-2025-04-16", False),
        ("openai", "ft:gpt-5-mini:acme::1", False),
        ("openai", "llama3:latest", True),
        ("openai", "olmo", True),
        ("anthropic", "claude-3-5-haiku-20241022", True),
        ("anthropic", "claude-sonnet-4-5-20250929", True),
        ("anthropic", "claude-sonnet-4-20250514", True),
        ("anthropic", "claude-opus-4-6", True),
        ("anthropic", "claude-opus-4-7", False),
        ("anthropic", "claude-sonnet-5", False),
        ("anthropic", "claude-haiku-5-5", False),
        ("anthropic", "claude-mythos-preview", False),
        ("anthropic", "of-another-maker", True),
    ],
)
def test_which_models_take_a_temperature(kind: str, name: str, takes: bool) -> None:  # noqa: FBT001
    assert known_facts(kind, name).takes_temperature is takes


def test_sizes_stand_only_where_they_are_known() -> None:
    assert (known_facts("openai", "gpt-4o").context_window, known_facts("openai", "gpt-4o").largest_output) == (
        128_000,
        16_384,
    )
    assert known_facts("openai", "gpt-6.2-sol").largest_output is None
    assert known_facts("openai", "llama3:latest").context_window is None
