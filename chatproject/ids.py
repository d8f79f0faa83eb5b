"""Ids of version 7 begin with the milliseconds of their making, so rows of a time lie together in the primary key."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.utils import timezone

if TYPE_CHECKING:
    from datetime import datetime

VERSION = 7


def id_at(moment: datetime, rest: int = 0) -> UUID:
    """Give the id of a moment with 74 further bits, otherwise random: without them, the least there can be."""
    high, low = rest >> 62 & 0xFFF, rest & (1 << 62) - 1
    return UUID(int=int(moment.timestamp() * 1000) << 80 | 7 << 76 | high << 64 | 2 << 62 | low)


def is_of_the_past(wanted: UUID) -> bool:
    """Tell whether an id that somebody else made is one of ours, and of the past: ids stand for times."""
    return wanted.version == VERSION and wanted < id_at(timezone.now())
