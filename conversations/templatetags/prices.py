"""How prices are written."""

from __future__ import annotations

from decimal import Decimal

from django import template
from django.utils.formats import number_format

from providers.pricing import MICRO

register = template.Library()

_CENT = Decimal("0.01")


@register.filter
def price(amount: int) -> str:
    """Write micro-dollars as exact dollars, with cents, and with more digits only where they count: $2.50, $0.075."""
    value = (Decimal(amount) / MICRO).normalize()
    exact = value.quantize(_CENT) if value == value.quantize(_CENT) else value
    return "$" + number_format(exact, force_grouping=True)
