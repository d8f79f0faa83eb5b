"""How people read numbers."""

from __future__ import annotations

from django.utils.formats import number_format


def grouped(number: float) -> str:
    """Write a number in groups of thousands, in the way of the language of now: 200,000 or 200.000."""
    return number_format(number, force_grouping=True)
