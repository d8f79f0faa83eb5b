"""What people see of their own use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib.auth.mixins import LoginRequiredMixin
from django.views.generic import TemplateView

from chatproject.errors import BadRequest
from providers.gateway import get_gateway
from providers.money import periods
from providers.money.budgets import list_standings
from providers.money.charts import draw_days
from providers.money.reports import find_records, has_before, report_month

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from providers.money.reports import Total


class UsageView(LoginRequiredMixin, TemplateView):
    """A section of the settings: one month of one's own calls, and the budgets that hold."""

    template_name = "providers/usage.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        month = periods.parse_month(self.request.GET.get("month", ""))
        user_id = cast("UUID", self.request.user.pk)
        report = report_month(month, find_records(month, user=user_id))
        is_present = month == periods.starts_on("month")
        return super().get_context_data(
            section="usage",
            report=report,
            chart=draw_days(report.days),
            models=name_models(report.models),
            standings=list_standings(user_id) if is_present else [],
            **month_links(month, user=user_id),
            **kwargs,
        )


def month_links(month: date, **filters: Any) -> dict[str, Any]:
    """Give the months before and after, each None where there is nothing to see."""
    following = periods.next_month(month)
    return {
        "month": month,
        "previous": periods.previous_month(month) if has_before(month, **filters) else None,
        "following": following if following <= periods.today() else None,
    }


def name_models(totals: list[Total]) -> list[tuple[str, Total]]:
    """Pair sums by model with the names of the models; where two have the same, with their providers."""
    names = [_name(total.key) for total in totals]
    return [
        (name if names.count(name) == 1 else f"{name} ({total.key.partition('/')[0]})", total)
        for name, total in zip(names, totals, strict=True)
    ]


def _name(model: str) -> str:
    try:
        return get_gateway().find_model(model, None).label
    except BadRequest:
        return model.partition("/")[2]
