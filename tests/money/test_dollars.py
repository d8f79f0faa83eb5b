"""Amounts as people read and type them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatproject.errors import BadRequest
from providers.money.dollars import LARGEST, format_dollars, parse_dollars, write_exactly


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (0, "$0.00"),
        (1, "$0.000001"),
        (4_200, "$0.0042"),
        (9_999, "$0.009999"),
        (10_000, "$0.01"),
        (5_000_000, "$5.00"),
        (1_234_565_000, "$1,234.57"),
        (1_234_564_999, "$1,234.56"),
        (999_999_999, "$1,000.00"),
    ],
)
def test_amounts_are_written_for_people(amount: int, words: str) -> None:
    assert format_dollars(amount) == words


@pytest.mark.parametrize(
    ("typed", "amount"), [("5", 5_000_000), ("5.00", 5_000_000), (" $5.5 ", 5_500_000), ("0.000001", 1)]
)
def test_amounts_are_read(typed: str, amount: int) -> None:
    assert parse_dollars(typed) == amount


@pytest.mark.parametrize(
    ("typed", "word"),
    [
        ("5,00", "comma"),
        ("1,250.00", "comma"),
        ("-5", "negative"),
        ("\N{MINUS SIGN}5", "negative"),
        ("0", "above zero"),
        ("0.000000", "above zero"),
        ("nan", "for example"),
        ("NaN", "for example"),
        ("inf", "for example"),
        ("1e3", "for example"),
        ("", "for example"),
        ("5.0000001", "six digits"),
        ("\N{ARABIC-INDIC DIGIT FIVE}", "for example"),
        ("9999999999", "too large"),
        ("99999999999999", "for example"),
    ],
)
def test_what_is_no_amount_is_explained(typed: str, word: str) -> None:
    with pytest.raises(BadRequest, match=word):
        parse_dollars(typed)


@given(st.integers(1, LARGEST))
def test_what_is_written_exactly_is_read_back(amount: int) -> None:
    assert parse_dollars(write_exactly(amount)) == amount
