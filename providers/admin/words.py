"""How lists say things in little room."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.text import Truncator
from django.utils.timesince import timesince

if TYPE_CHECKING:
    from datetime import datetime

LONGEST = 60


def brief(text: str) -> str:
    """Give the first sentence, cut where it is long; the row's own page has all of it."""
    sentence, stop, rest = text.partition(". ")
    return Truncator(sentence + stop.strip() if rest else text).chars(LONGEST)


def ago(moment: datetime) -> str:
    since = timesince(moment, depth=1)
    return "just now" if since.startswith("0") else f"{since} ago"
