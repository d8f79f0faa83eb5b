"""Bars for the days of a month, as numbers that a template draws; no markup and no colours here.

The drawing is stretched to its place, so its units are its own: DAY_WIDTH a day, HEIGHT from nothing to the top line.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from providers.money.dollars import format_dollars

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from providers.money.reports import Total

HEIGHT = 100
DAY_WIDTH = 10
BAR_WIDTH = 7
LEAST_HEIGHT = 1.5
"""What was used at all can be seen."""

LABELLED_DAYS = (1, 8, 15, 22, 29)


@dataclass(frozen=True, slots=True)
class Bar:
    """One day; ``label`` stands under it where it is not empty, ``words`` say what it shows."""

    day: date
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
    top = _round_up(max(values, default=0)) or 1
    measured = zip(days, values, strict=True)
    bars = [_bar(index, day, value / top, write(value)) for index, (day, value) in enumerate(measured)]
    return Chart(
        title=("Cost" if is_money else "Tokens") + " by day",
        summary=_summary(days, values, write),
        width=DAY_WIDTH * len(days),
        bars=bars,
        top=write(top),
        half=write(top // 2) if top > 1 else "",
    )


def _bar(index: int, day: Total, share: float, amount: str) -> Bar:
    height = max(LEAST_HEIGHT, HEIGHT * share) if share else 0.0
    left = index * DAY_WIDTH
    return Bar(
        day=day.key,
        label=str(day.key.day) if day.key.day in LABELLED_DAYS else "",
        words=f"{day.key.day} {day.key:%B}: {amount}",
        left=left + (DAY_WIDTH - BAR_WIDTH) / 2,
        edge=left,
        top=round(HEIGHT - height, 2),
        height=round(height, 2),
    )


def _summary(days: Sequence[Total], values: Sequence[int], write: Callable[[int], str]) -> str:
    if not any(values):
        return "Nothing was used in this month."
    highest = max(range(len(values)), key=values.__getitem__)
    used = sum(1 for value in values if value)
    day = days[highest].key
    on = "On one day" if used == 1 else f"On {used} days"
    return f"{on} something was used, most on {day.day} {day:%B}: {write(values[highest])}."


def _round_up(value: int) -> int:
    """Give the next 1, 2 or 5 with zeros."""
    power = 10 ** max(0, len(str(value)) - 1)
    return next(step * power for step in (1, 2, 5, 10) if step * power >= value) if value else 0


def _count(value: int) -> str:
    return f"{value:,} tokens"
