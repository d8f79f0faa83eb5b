"""The list of conversations as people look for it: pinned first, then by how long ago."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from conversations.models import Conversation

MAX_ZONE_LENGTH = 64
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Group:
    key: str
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
    groups = [Group("pinned", _("Pinned"), pinned)] if pinned else []
    by_age = groupby(others, lambda conversation: _name(conversation.updated_at.astimezone(zone).date(), today))
    return groups + [Group(key, label, list(members)) for (key, label), members in by_age]


def _name(day: date, today: date) -> tuple[str, str]:
    if day >= today:
        return "today", _("Today")
    if day == today - timedelta(days=1):
        return "yesterday", _("Yesterday")
    if day >= today - WEEK:
        return "week", _("Previous 7 days")
    return f"{day:%Y-%m}", date_format(day, "F" if day.year == today.year else "YEAR_MONTH_FORMAT")
