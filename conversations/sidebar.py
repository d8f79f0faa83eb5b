"""The list of conversations as people look for it: pinned first, then by how long ago."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.formats import date_format

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from conversations.models import Conversation

MAX_ZONE_LENGTH = 64
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Group:
    label: str
    conversations: list[Conversation]


def browser_zone(name: str) -> tzinfo:
    """Return the named zone, as a browser told it, or UTC for what is none."""
    if not 0 < len(name) <= MAX_ZONE_LENGTH:
        return UTC
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        return UTC


def group_by_date(conversations: Sequence[Conversation], zone: tzinfo, now: datetime | None = None) -> list[Group]:
    """Group conversations that come newest first; ``now`` defaults to the present moment."""
    today = (now or timezone.now()).astimezone(zone).date()
    pinned = [conversation for conversation in conversations if conversation.pinned_at]
    others = (conversation for conversation in conversations if not conversation.pinned_at)
    groups = [Group("Pinned", pinned)] if pinned else []
    by_label = groupby(others, lambda conversation: _label(conversation.updated_at.astimezone(zone).date(), today))
    return groups + [Group(label, list(members)) for label, members in by_label]


def _label(day: date, today: date) -> str:
    if day >= today:
        return "Today"
    if day == today - timedelta(days=1):
        return "Yesterday"
    if day >= today - WEEK:
        return "Previous 7 days"
    return date_format(day, "F" if day.year == today.year else "F Y")
