"""How templates write amounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext as _

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
    return number_format(number, force_grouping=True)


@register.filter
def cost(total: Total) -> str:
    """Write what some calls cost; a part whose price is not known is said to be missing."""
    if total.unpriced == 0:
        return format_dollars(total.cost)
    return _("over %(amount)s") % {"amount": format_dollars(total.cost)} if total.is_cost_known else _("not known")
