"""How commands take a secret, and how they show keys."""

from __future__ import annotations

import sys
from getpass import getpass
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.timesince import timesince

from providers.models import Health, KeySource, KeyState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from providers.models import ApiKey

HEADINGS = ("number", "provider", "key", "label", "from", "state", "health", "known for", "age", "note")


def read_secret(prompt: str) -> str:
    """Ask for a secret without showing it, or take the first line of standard input; never an argument."""
    line = getpass(prompt) if sys.stdin.isatty() else sys.stdin.readline()
    return line.rstrip("\r\n")


def describe(key: ApiKey, note: str = "") -> tuple[str, ...]:
    """Give the cells of a key's line, of which none is a secret."""
    return (
        str(key.pk),
        key.provider.slug,
        str(key),
        key.label,
        key.source,
        key.state,
        key.health if key.state == KeyState.ACTIVE else "",
        timesince(key.checked_at, depth=1) if key.checked_at else "",
        timesince(key.created_at, depth=1),
        note or warning(key),
    )


def warning(key: ApiKey) -> str:
    """Say in words what an operator should know of a key."""
    if key.state == KeyState.RETIRED:
        return ""
    if key.source == KeySource.ENVIRONMENT and not key.is_present:
        return "The environment does not name it any more."
    if key.bound_to != key.provider.base_url:
        return "It was entered for another address: enter it again."
    if key.health == Health.COOLING and key.resting_until:
        left = (key.resting_until - timezone.now()).total_seconds()
        return f"It rests for {left:.0f} s more." if left > 0 else "It has rested; the next question tries it."
    return key.health_note if key.health == Health.REFUSED else ""


def table(lines: Sequence[Sequence[str]]) -> str:
    """Lay the cells of keys out in columns, under their headings."""
    rows = [HEADINGS, *lines]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
