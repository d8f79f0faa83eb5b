"""Amounts of money as people read and type them; inside, all are integers in micro-dollars."""

from __future__ import annotations

import re

from django.utils.formats import number_format

from chatproject.errors import BadRequest
from providers.pricing import MICRO

CENT = MICRO // 100
LARGEST = 1_000_000_000 * MICRO

_AMOUNT = re.compile(r"[0-9]{1,10}(?:\.[0-9]{1,6})?")


def format_dollars(amount: int) -> str:
    """Write an amount: cents as a rule, what is under a cent with the digits it needs.

    >>> format_dollars(5_000_000), format_dollars(1_234_567_890), format_dollars(4_200)
    ('$5.00', '$1,234.57', '$0.0042')
    """
    if 0 < amount < CENT:
        return "$" + number_format(f"{amount / MICRO:.6f}".rstrip("0"), force_grouping=True)
    cents = (amount + CENT // 2) // CENT
    return "$" + number_format(f"{cents // 100}.{cents % 100:02}", force_grouping=True)


def write_exactly(amount: int) -> str:
    """Write an amount as it is typed, with all its digits, at least two after the point."""
    whole, part = divmod(amount, MICRO)
    return f"{whole}.{f'{part:06}'.rstrip('0').ljust(2, '0')}"


def parse_dollars(text: str) -> int:
    """Read an amount above zero, typed as 5 or 5.00, in micro-dollars; raises BadRequest with what is wrong."""
    typed = text.strip().removeprefix("$").strip()
    if "," in typed:
        raise BadRequest("Write the amount with a point and without commas, for example 1250.00.")
    if typed.startswith(("-", "\N{MINUS SIGN}")):
        raise BadRequest("The amount cannot be negative.")
    if not _AMOUNT.fullmatch(typed):
        raise BadRequest("Write an amount in dollars, for example 5.00, with at most six digits after the point.")
    whole, _, part = typed.partition(".")
    amount = int(whole) * MICRO + int(part.ljust(6, "0") or 0)
    if amount == 0:
        raise BadRequest("The amount must be above zero. To let nobody ask, switch the models off.")
    if amount > LARGEST:
        raise BadRequest("The amount is too large: at most 1000000000.00.")
    return amount
