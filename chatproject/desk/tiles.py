"""The tiles: what each is called, who may see it, how long it stays fresh, and how its figures are drawn."""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify

from accounts.presence import count_present
from chatproject.desk import figures
from chatproject.errors import Unavailable
from providers.money.charts import Chart, Point, draw_bars
from providers.money.dollars import format_dollars

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime

    from accounts.models import User

logger = logging.getLogger(__name__)

SECOND_MS = 1000
MOST_NAMED, LONGEST_NAME = 4, 9
"""Of providers below bars, of which so many stand beside each other."""


@dataclass(frozen=True, slots=True)
class Tile:
    """What one tile says: its ``figure`` large, ``words`` below it, a chart, and further lines."""

    title: str
    figure: str
    words: str = ""
    chart: Chart | None = None
    lines: list[str] = field(default_factory=list)
    link: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a tile stands; it is made anew after ``seconds``, for all together who may see it.

    One with a clock is made for those whose clocks are the same.
    """

    title: str
    permission: str
    seconds: int
    make: Callable[[str], Tile]
    has_clock: bool = False


def list_tiles(user: User) -> list[Tile]:
    """List the tiles that this operator may see, in their order; clocks are those of the active time zone."""
    return [_fresh(place) for place in PLACES if user.has_perm(place.permission)]


def _fresh(place: Place) -> Tile:
    zone = timezone.get_current_timezone_name() if place.has_clock else ""
    key = f"desk:{settings.BUILD}:{slugify(place.title)}:{zone}"
    with suppress(Unavailable):
        known: Tile | None = cache.get(key)
        if known is not None:
            return known
    try:
        tile = place.make(place.title)
    except DatabaseError:
        logger.warning("The database did not answer for “%s” on the operators' page.", place.title, exc_info=True)
        return Tile(place.title, "–", "The storage did not answer. Load the page again in a moment.")
    with suppress(Unavailable):
        cache.set(key, tile, timeout=place.seconds)
    return tile


def people_on(title: str) -> Tile:
    present = count_present()
    words = "with a page of the chat open" if present is not None else "Not known while Redis is away."
    link = reverse("admin:accounts_user_changelist")
    return Tile(title, "–" if present is None else f"{present:,}", words, link=link)


def messages_a_minute(title: str) -> Tile:
    minutes = figures.questions_by_minute()
    *_, latest, _present = minutes.values()
    total, most = sum(minutes.values()), max(minutes.values())
    points = [Point(_clock(minute), count, _on_quarter(minute)) for minute, count in minutes.items()]
    words = f"in the last whole minute; {total:,} in the last hour ({_zone()}), at most {most:,} in one minute"
    chart = draw_bars(title, points, write=_plain, summary=f"{latest:,} {words}.")
    return Tile(title, f"{latest:,}", words, chart)


def first_token(title: str) -> Tile:
    waits = figures.waits_by_five_minutes()
    median, tail = figures.median_and_tail(wait for some in waits.values() for wait in some)
    points = [
        Point(f"from {_clock(begin)}", figures.median_and_tail(some)[0], _on_quarter(begin))
        for begin, some in waits.items()
    ]
    if not any(waits.values()):
        return Tile(title, "–", "No model has answered in the last hour.")
    words = f"is the median of the last hour ({_zone()}); nine of ten within {_seconds(tail)}"
    return Tile(
        title, _seconds(median), words, draw_bars(title, points, write=_seconds, summary=f"{_seconds(median)} {words}.")
    )


def errors(title: str) -> Tile:
    found = figures.errors_by_provider()
    total = sum(codes.total() for codes in found.values())
    if not total:
        return Tile(title, "0", "calls failed in the last day")
    counts = {name: codes.total() for name, codes in found.items()}
    shown, others = list(counts.items())[:MOST_NAMED], list(counts.values())[MOST_NAMED:]
    points = [Point(name, count, _cut(name)) for name, count in shown]
    if others:
        points.append(Point(f"{len(others)} others", sum(others), "others"))
    words = f"failed {'call' if total == 1 else 'calls'} in the last day"
    lines = [
        f"{name}: " + ", ".join(f"{code.replace('_', ' ')} {count:,}" for code, count in codes.most_common())
        for name, codes in found.items()
    ]
    chart = draw_bars(title, points, write=_plain, summary=f"{total:,} {words}.")
    return Tile(title, f"{total:,}", words, chart, lines, reverse("admin:providers_provider_changelist"))


def cost(title: str) -> Tile:
    days = figures.cost_by_day()
    *_, today = days.values()
    total = format_dollars(sum(days.values()))
    words = f"today; {total} in the last {len(days)} days (UTC)"
    summary = f"{format_dollars(today)} {words}."
    chart = draw_bars(title, _by_day(days), write=format_dollars, summary=summary) if any(days.values()) else None
    return Tile(title, format_dollars(today), words, chart, link=reverse("admin:providers_usagerecord_month"))


def open_incidents(title: str) -> Tile:
    waiting = figures.count_open_incidents()
    days = figures.incidents_by_day()
    shown = f"{waiting:,}" + (" or more" if waiting == figures.MOST_COUNTED else "")
    words = f"wait for a decision; {sum(days.values()):,} came in the last {len(days)} days (UTC)"
    chart = draw_bars("Incidents by day", _by_day(days), write=_plain, summary=f"{shown} {words}.")
    return Tile(title, shown, words, chart, link=reverse("admin:moderation_incident_changelist"))


PLACES = (
    Place("People on now", "accounts.view_user", 5, people_on),
    Place("Messages a minute", "conversations.view_conversation", 15, messages_a_minute, has_clock=True),
    Place("First token", "providers.view_languagemodel", 15, first_token, has_clock=True),
    Place("Errors by provider", "providers.view_provider", 15, errors),
    Place("Cost by day", "providers.view_usagerecord", 120, cost),
    Place("Open incidents", "moderation.view_incident", 10, open_incidents),
)


def _by_day(days: dict[date, int]) -> list[Point]:
    return [
        Point(f"{day.day} {day:%B}", value, f"{day.day} {day:%b}" if index % 4 == 1 else "")
        for index, (day, value) in enumerate(days.items())
    ]


def _on_quarter(moment: datetime) -> str:
    return _clock(moment) if moment.minute % 15 == 0 else ""


def _clock(moment: datetime) -> str:
    return f"{timezone.localtime(moment):%H:%M}"


def _zone() -> str:
    return f"{timezone.localtime():%Z}"


def _cut(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


def _plain(value: int) -> str:
    return f"{value:,}"


def _seconds(milliseconds: int) -> str:
    return f"{milliseconds} ms" if milliseconds < SECOND_MS else f"{milliseconds / SECOND_MS:.1f} s"
