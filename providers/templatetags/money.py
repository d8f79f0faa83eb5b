"""How templates write amounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import template

from providers.money.dollars import format_dollars

if TYPE_CHECKING:
    from providers.money.reports import Total

register = template.Library()


@register.filter
def dollars(amount: int) -> str:
    """Write micro-dollars as dollars."""
    return format_dollars(amount)


@register.filter
def thousands(number: int) -> str:
    return f"{number:,}"


@register.filter
def cost(total: Total) -> str:
    """Write what some calls cost; a part whose price is not known is said to be missing."""
    if total.unpriced == 0:
        return format_dollars(total.cost)
    return f"over {format_dollars(total.cost)}" if total.is_cost_known else "not known"
