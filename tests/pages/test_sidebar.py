"""The list is grouped as people look for things: pinned first, then by how long ago, in their own time zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from conversations.models import Conversation
from conversations.sidebar import browser_zone, group_by_date

NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)


def talk(title: str, when: datetime, *, pinned: bool = False) -> Conversation:
    return Conversation(title=title, updated_at=when, pinned_at=NOW if pinned else None)


def shape(conversations: list[Conversation], now: datetime = NOW, zone: str = "UTC") -> list[tuple[str, list[str]]]:
    groups = group_by_date(conversations, ZoneInfo(zone), now)
    return [(group.label, [conversation.title for conversation in group.conversations]) for group in groups]


def test_group_by_date_names_days_weeks_and_months() -> None:
    ages = {
        "now": 0,
        "yesterday": 1,
        "two days": 2,
        "a week": 7,
        "eight days": 8,
        "this year": 40,
        "last year": 90,
    }
    conversations = [talk(title, NOW - timedelta(days=days)) for title, days in ages.items()]
    assert shape(conversations) == [
        ("Today", ["now"]),
        ("Yesterday", ["yesterday"]),
        ("Previous 7 days", ["two days", "a week"]),
        ("February", ["eight days"]),
        ("January", ["this year"]),
        ("December 2025", ["last year"]),
    ]


def test_group_by_date_puts_pinned_first_whatever_their_age() -> None:
    old = talk("old", NOW - timedelta(days=300), pinned=True)
    assert shape([talk("new", NOW), old]) == [("Pinned", ["old"]), ("Today", ["new"])]


def test_group_by_date_of_nothing_is_nothing() -> None:
    assert shape([]) == []


def test_group_by_date_follows_the_persons_zone() -> None:
    late = talk("late", datetime(2026, 3, 5, 2, tzinfo=UTC))
    assert shape([late], zone="UTC") == [("Today", ["late"])]
    assert shape([late], zone="America/Los_Angeles") == [("Yesterday", ["late"])]


def test_group_by_date_takes_a_clock_ahead_for_today() -> None:
    assert shape([talk("ahead", NOW + timedelta(days=2))]) == [("Today", ["ahead"])]


@pytest.mark.parametrize(
    "name", ["", "Nowhere/Land", "../../etc/passwd", "/etc/passwd", "a" * 65, "Europe/\0", "Europe"]
)
def test_browser_zone_of_nonsense_is_utc(name: str) -> None:
    assert browser_zone(name) is UTC


def test_browser_zone_knows_the_world() -> None:
    assert browser_zone("Asia/Kolkata") == ZoneInfo("Asia/Kolkata")
