"""What was used: sums over the ledger for one month, each in one query along an index.

Amounts are in micro-dollars. A call whose price is unknown has no cost: it is counted as ``unpriced`` beside the sum.
Calls that are still open are in no report.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, date, timedelta
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.db.models import Count, F, Q, Sum
from django.db.models.functions import TruncDate

from providers.models import UsageRecord
from providers.money import periods

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from django.db.models import QuerySet

SUMS = {
    "calls": Count("pk"),
    "costs": Sum("cost", default=0),
    "prompt": Sum("prompt_tokens", default=0),
    "completion": Sum("completion_tokens", default=0),
    "unpriced": Count("pk", filter=Q(cost=None)),
    "estimated": Count("pk", filter=Q(is_estimated=True)),
}
"""In the order of Total's fields."""

MOST_ROWS = 100


@dataclass(frozen=True, slots=True)
class Total:
    """Sums of some calls; ``key`` tells of which."""

    key: Any = None
    calls: int = 0
    cost: int = 0
    prompt: int = 0
    completion: int = 0
    unpriced: int = 0
    estimated: int = 0

    @property
    def tokens(self) -> int:
        return self.prompt + self.completion

    @property
    def is_cost_known(self) -> bool:
        """Tell whether the cost says anything: not where the price of every call is unknown."""
        return self.unpriced < self.calls

    def __add__(self, other: Total) -> Total:
        return Total(
            self.key,
            self.calls + other.calls,
            self.cost + other.cost,
            self.prompt + other.prompt,
            self.completion + other.completion,
            self.unpriced + other.unpriced,
            self.estimated + other.estimated,
        )


@dataclass(frozen=True, slots=True)
class MonthReport:
    """One month: all of it, each model and key (dearest first), and each of its days in order, also the empty ones."""

    month: date
    total: Total
    models: list[Total]
    keys: list[Total]
    days: list[Total]


def find_records(month: date, **filters: Any) -> QuerySet[UsageRecord]:
    """Find the settled calls of the month that begins on ``month``."""
    begin, end = periods.midnight(month), periods.midnight(periods.next_month(month))
    return UsageRecord.objects.filter(created_at__gte=begin, created_at__lt=end, **filters).exclude(settled_at=None)


def report_month(month: date, records: QuerySet[UsageRecord]) -> MonthReport:
    """Sum the records of a month by day, model and key, in one query."""
    days = records.annotate(day=TruncDate("created_at", tzinfo=UTC))
    rows = days.order_by().values_list("day", "model", "key").annotate(**SUMS)
    cells = [(day, model, key, Total(None, *sums)) for day, model, key, *sums in rows]
    by_day = _gather((day, total) for day, _, _, total in cells)
    by_model = _gather((model, total) for _, model, _, total in cells)
    by_key = _gather((key, total) for _, _, key, total in cells)
    whole = [by_day.get(day) or Total(day) for day in _days(month)]
    total = sum(by_model.values(), Total())
    return MonthReport(month, total, _dearest(by_model.values()), _dearest(by_key.values())[:MOST_ROWS], whole)


def report_people(records: QuerySet[UsageRecord]) -> list[Total]:
    """Sum the records by person, dearest first, at most MOST_ROWS; ``key`` is the email address, None of no account.

    People are named after the sums: half a million rows need not be joined for a hundred names.
    """
    rows = records.order_by().values_list("user").annotate(**SUMS).order_by(F("costs").desc(), "user")[:MOST_ROWS]
    totals = [Total(*row) for row in rows]
    people = get_user_model().objects.filter(pk__in=[total.key for total in totals if total.key])
    emails = dict(people.values_list("pk", "email"))
    return [replace(total, key=emails.get(total.key)) for total in totals]


def has_before(month: date, **filters: Any) -> bool:
    return UsageRecord.objects.filter(created_at__lt=periods.midnight(month), **filters).exists()


def _gather(pairs: Iterable[tuple[Hashable, Total]]) -> dict[Hashable, Total]:
    sums: defaultdict[Hashable, Total] = defaultdict(Total)
    for key, total in pairs:
        sums[key] = Total(key) + sums[key] + total
    return dict(sums)


def _dearest(totals: Iterable[Total]) -> list[Total]:
    return sorted(totals, key=lambda total: (-total.cost, -total.tokens, str(total.key)))


def _days(month: date) -> list[date]:
    length = (periods.next_month(month) - month).days
    return [month + timedelta(days=number) for number in range(length)]
