"""Bars, as numbers that a template draws; no markup and no colours here.

The drawing is stretched to its place, so its units are its own: DAY_WIDTH a bar, HEIGHT from nothing to the top line.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from providers.money.dollars import format_dollars

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from providers.money.reports import Total

HEIGHT = 100
DAY_WIDTH = 10
BAR_WIDTH = 7
LEAST_HEIGHT = 1.5
"""What was used at all can be seen."""

LABELLED_DAYS = (1, 8, 15, 22, 29)


@dataclass(frozen=True, slots=True)
class Point:
    """What one bar shows; ``label`` stands under it where it is not empty, ``name`` says what it is of."""

    name: str
    value: int
    label: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """One point as it is drawn; ``words`` say what it shows."""

    label: str
    words: str
    left: float
    edge: int
    top: float
    height: float


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars below ``top`` (the amount at the upper line), and one sentence that says what they show."""

    title: str
    summary: str
    width: int
    bars: list[Bar]
    top: str
    half: str

    height = HEIGHT
    bar_width = BAR_WIDTH
    day_width = DAY_WIDTH


def draw_days(days: Sequence[Total]) -> Chart:
    """Draw what each day cost, or its tokens where nothing cost anything."""
    is_money = any(day.cost for day in days)
    values = [day.cost if is_money else day.tokens for day in days]
    write = format_dollars if is_money else _count
    points = [
        Point(date_format(day.key, "MONTH_DAY_FORMAT"), value, str(day.key.day) if day.key.day in LABELLED_DAYS else "")
        for day, value in zip(days, values, strict=True)
    ]
    title = _("Cost by day") if is_money else _("Tokens by day")
    return draw_bars(title, points, write=write, summary=_summary(days, values, write))


def draw_bars(title: str, points: Sequence[Point], *, write: Callable[[int], str], summary: str) -> Chart:
    """Draw points in their order; ``write`` says an amount in words."""
    top = _round_up(max((point.value for point in points), default=0)) or 1
    return Chart(
        title=title,
        summary=summary,
        width=DAY_WIDTH * len(points),
        bars=[_bar(index, point, point.value / top, write(point.value)) for index, point in enumerate(points)],
        top=write(top),
        half=write(top // 2) if top > 1 else "",
    )


def _bar(index: int, point: Point, share: float, amount: str) -> Bar:
    height = max(LEAST_HEIGHT, HEIGHT * share) if share else 0.0
    left = index * DAY_WIDTH
    return Bar(
        label=point.label,
        words=f"{point.name}: {amount}",
        left=left + (DAY_WIDTH - BAR_WIDTH) / 2,
        edge=left,
        top=round(HEIGHT - height, 2),
        height=round(height, 2),
    )


def _summary(days: Sequence[Total], values: Sequence[int], write: Callable[[int], str]) -> str:
    if not any(values):
        return _("Nothing was used in this month.")
    highest = max(range(len(values)), key=values.__getitem__)
    used = sum(1 for value in values if value)
    day = days[highest].key
    told = ngettext(
        "On %(count)s day something was used, most on %(day)s: %(amount)s.",
        "On %(count)s days something was used, most on %(day)s: %(amount)s.",
        used,
    )
    return told % {"count": used, "day": date_format(day, "MONTH_DAY_FORMAT"), "amount": write(values[highest])}


def _round_up(value: int) -> int:
    """Give the next 1, 2 or 5 with zeros."""
    power = 10 ** max(0, len(str(value)) - 1)
    return next(step * power for step in (1, 2, 5, 10) if step * power >= value) if value else 0


def _count(value: int) -> str:
    return ngettext("%(count)s token", "%(count)s tokens", value) % {"count": number_format(value, force_grouping=True)}
