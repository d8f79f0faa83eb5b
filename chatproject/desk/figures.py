"""What the tiles show: each figure is one query along an index, however long the tables are."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from statistics import quantiles
from typing import TYPE_CHECKING

from django.db.models import Count, Sum
from django.db.models.functions import TruncDate, TruncMinute
from django.utils import timezone

from chatproject.ids import id_at
from conversations.models import Message, Role
from moderation.models import Incident, State
from providers.models import UsageRecord
from providers.money import periods

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

DAYS = 14
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FIVE_MINUTES = timedelta(minutes=5)
MOST_READ = 5_000
MOST_COUNTED = 10_000


def questions_by_minute() -> dict[datetime, int]:
    """Count what people asked in each minute of the last hour, also in those in which nobody did."""
    now = timezone.now().replace(second=0, microsecond=0)
    asked = Message.objects.filter(pk__gte=id_at(now - HOUR), role=Role.USER).order_by()
    found = dict(
        asked.annotate(minute=TruncMinute("created_at", tzinfo=UTC)).values_list("minute").annotate(Count("pk"))
    )
    minutes = [now - HOUR + timedelta(minutes=number) for number in range(1, 61)]
    return {minute: found.get(minute, 0) for minute in minutes}


def waits_by_five_minutes() -> dict[datetime, list[int]]:
    """List how many milliseconds the newest answers of the last hour took to begin, by their five minutes."""
    now = timezone.now()
    last = now.replace(minute=now.minute // 5 * 5, second=0, microsecond=0)
    waits: dict[datetime, list[int]] = {last - number * FIVE_MINUTES: [] for number in range(11, -1, -1)}
    newest = Message.objects.filter(pk__gte=id_at(min(waits)), role=Role.ASSISTANT, source="")
    rows = newest.exclude(first_token_ms=None).order_by("-pk").values_list("created_at", "first_token_ms")
    for moment, wait in rows[:MOST_READ]:
        begin = moment.replace(minute=moment.minute // 5 * 5, second=0, microsecond=0)
        if begin in waits and wait is not None:
            waits[begin].append(wait)
    return waits


def median_and_tail(values: Iterable[int]) -> tuple[int, int]:
    """Give the median, and what nine of ten are below; both are 0 where there is nothing."""
    known = list(values)
    if len(known) < 2:  # noqa: PLR2004 - as quantiles asks for
        return (known[0], known[0]) if known else (0, 0)
    cuts = quantiles(known, n=10, method="inclusive")
    return round(cuts[4]), round(cuts[8])


def errors_by_provider() -> dict[str, Counter[str]]:
    """Count the failed calls of the last day by their code, for each provider that had any."""
    calls = UsageRecord.objects.filter(created_at__gte=timezone.now() - DAY).exclude(error_code="")
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for model, code, count in calls.order_by().values_list("model", "error_code").annotate(Count("pk")):
        found[model.partition("/")[0]][code] += count
    return dict(sorted(found.items(), key=lambda item: -item[1].total()))


def cost_by_day() -> dict[date, int]:
    """Sum what the calls of each of the last days cost, in micro-dollars; days are in UTC."""
    calls = UsageRecord.objects.filter(created_at__gte=periods.midnight(_days()[0])).exclude(cost=None)
    days = calls.order_by().annotate(day=TruncDate("created_at", tzinfo=UTC)).values_list("day")
    found = dict(days.annotate(Sum("cost")))
    return {day: found.get(day, 0) for day in _days()}


def incidents_by_day() -> dict[date, int]:
    """Count the incidents of each of the last days, whatever was decided about them."""
    new = Incident.objects.filter(created_at__gte=periods.midnight(_days()[0])).order_by()
    found = dict(new.annotate(day=TruncDate("created_at", tzinfo=UTC)).values_list("day").annotate(Count("pk")))
    return {day: found.get(day, 0) for day in _days()}


def count_open_incidents() -> int:
    """Count the open incidents, at most ``MOST_COUNTED``."""
    return Incident.objects.filter(state=State.OPEN).order_by()[:MOST_COUNTED].count()


def _days() -> list[date]:
    return [periods.today() - timedelta(days=number) for number in range(DAYS - 1, -1, -1)]
