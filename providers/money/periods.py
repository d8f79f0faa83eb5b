"""The days and months of budgets and reports, in UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from chatproject.errors import BadRequest, NotFound
from providers.models import Period


def today() -> date:
    return timezone.now().astimezone(UTC).date()


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def next_month(day: date) -> date:
    """Give the first day of the month after that of ``day``."""
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def previous_month(day: date) -> date:
    """Give the first day of the month before that of ``day``."""
    return (day.replace(day=1) - timedelta(days=1)).replace(day=1)


def starts_on(period: str) -> date:
    """Give the first day of the present period."""
    return today() if period == Period.DAY else today().replace(day=1)


def renews_on(period: str, start: date) -> date:
    return start + timedelta(days=1) if period == Period.DAY else next_month(start)


def seconds_to_renewal(period: str, start: date) -> float:
    return max(1.0, (midnight(renews_on(period, start)) - timezone.now()).total_seconds())


def describe_renewal(period: str, start: date) -> str:
    if period == Period.DAY:
        return _("It renews at midnight (UTC).")
    return _("It renews on %(day)s.") % {"day": date_format(renews_on(period, start), "MONTH_DAY_FORMAT")}


def parse_month(text: str) -> date:
    """Read a month as ``2026-11``, this month where nothing is said; raises BadRequest, and NotFound for the future."""
    if not text:
        return today().replace(day=1)
    try:
        month = datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC).date()
    except ValueError:
        raise BadRequest(_("This is no month. Months are written as 2026-11.")) from None
    if month > today():
        raise NotFound(_("This month is still to come."))
    return month
