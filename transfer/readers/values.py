"""Values as files of others give them: never quite what was said they would be."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from chatproject.text import is_storable
from transfer.talk import Unreadable

MILLISECONDS = 100_000_000_000
"""A number of seconds beyond this would be after the year 5138: it counts milliseconds."""

LONGEST_KEY = 200


def text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def sequence(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def key(value: Any) -> str:
    """Take an id; raises Unreadable for what is none."""
    if isinstance(value, str) and 0 < len(value) <= LONGEST_KEY and is_storable(value):
        return value
    raise Unreadable(_("It has something without an id."))


def moment(value: Any) -> datetime | None:
    """Read a time: seconds or milliseconds since 1970, or ISO 8601; None for anything else."""
    try:
        if isinstance(value, str):
            found = parse_datetime(value)
            return found.replace(tzinfo=found.tzinfo or UTC) if found else None
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value / 1000 if value > MILLISECONDS else value, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return None
