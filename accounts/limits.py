"""How often one person may do something: django-ratelimit's counting, asked in one way by sockets, pages and API.

Windows are fixed, and counted in the cache "ratelimit": Redis, shared by all processes, or the memory of the only one.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from math import ceil
from types import SimpleNamespace
from typing import Any

from django.core.cache import caches
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_ratelimit import core

from chatproject.errors import TooManyRequests, Unavailable

CACHE = "ratelimit"
MESSAGES, WRITINGS, REPORTS, UPLOADS, SEARCHES = "messages", "writings", "reports", "uploads", "searches"
IMPORTS, TOKENS = "imports", "tokens"
FAILS_OPEN = frozenset({MESSAGES, WRITINGS, REPORTS, SEARCHES})
"""What goes on uncounted while the counting is away; everything else is refused."""

MINUTE, HOUR, DAY = 60, 3600, 86400
UNITS = {"s": 1, "m": MINUTE, "h": HOUR, "d": DAY}
_NOBODY = SimpleNamespace(method="", META={})
"""Stands in for the request that django-ratelimit wants to see; what it would ask of it is given as a key."""


@dataclass(frozen=True, slots=True)
class Decision:
    """``retry_after`` is in whole seconds, 0 where allowed; ``remaining`` is what is left in this window."""

    allowed: bool
    retry_after: int
    limit: int
    remaining: int


def hit(scope: str, who: object, rate: str) -> Decision:
    """Count one attempt of ``who`` and tell whether it is within ``rate``, such as ``20/m`` or ``30/10s``.

    While the counting is away, a scope of ``FAILS_OPEN`` is allowed; any other raises ``Unavailable``. Asks the
    cache, so it is for threads, not for the event loop.
    """
    limit, _period = parse_rate(rate)
    try:
        usage = _count(scope, who, rate)
    except Unavailable:
        if scope not in FAILS_OPEN:
            raise
        return Decision(allowed=True, retry_after=0, limit=limit, remaining=limit)
    if usage["should_limit"]:
        # The window's last second belongs to it.
        return Decision(allowed=False, retry_after=usage["time_left"] + 1, limit=limit, remaining=0)
    return Decision(allowed=True, retry_after=0, limit=limit, remaining=limit - usage["count"])


def _count(scope: str, who: object, rate: str) -> dict[str, Any]:
    value = _value(scope, who)
    usage: dict[str, Any] = core.get_usage(_NOBODY, group=scope, key=lambda *_: value, rate=rate, increment=True)
    if not usage["limit"]:  # what was counted vanished at this very moment
        raise Unavailable(_("This could not be counted just now. Please try again in a moment."), retry_after=1)
    return usage


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left in this window, without counting anything; ``reset`` is in whole seconds until the next one."""

    limit: int
    remaining: int
    reset: int


def look(scope: str, who: object, rate: str) -> Allowance:
    """Tell what ``who`` may still do; all of it while the counting is away. For threads, as :func:`hit`."""
    limit, period = parse_rate(rate)
    try:
        counted = int(caches[CACHE].get(_name(scope, who, rate), 0))
    except Unavailable:
        counted = 0
    return Allowance(limit, max(0, limit - counted), _until_next(scope, who, period))


def left(decision: Decision, scope: str, who: object, rate: str) -> Allowance:
    """Tell what is left after an attempt that was just counted; asks nobody."""
    return Allowance(decision.limit, decision.remaining, _until_next(scope, who, parse_rate(rate)[1]))


def _until_next(scope: str, who: object, period: int) -> int:
    window: float = core._get_window(_value(scope, who), period)  # noqa: SLF001 - see _name
    return max(1, ceil(window - time.time()))


def require(scope: str, who: object, rate: str) -> None:
    """Count one attempt; raises TooManyRequests where it is one too many, or what :func:`hit` raises."""
    decision = hit(scope, who, rate)
    if not decision.allowed:
        raise too_many(decision.retry_after)


def give_back(scope: str, who: object, rate: str) -> None:
    """Take the last attempt back, as if it had not been counted; one of a window that is over stays."""
    with suppress(ValueError):  # nothing is counted there
        caches[CACHE].decr(_name(scope, who, rate))


def forget(scope: str, who: object, rate: str) -> None:
    """Begin to count anew."""
    caches[CACHE].delete(_name(scope, who, rate))


def _name(scope: str, who: object, rate: str) -> str:
    """Find what is counted now; django-ratelimit keeps the name to itself, and only ever counts up."""
    value = _value(scope, who)
    window = core._get_window(value, parse_rate(rate)[1])  # noqa: SLF001 - see above
    name: str = core._make_cache_key(scope, window, rate, value, core.ALL)  # noqa: SLF001 - likewise
    return name


def _value(scope: str, who: object) -> str:
    return f"{scope} {who}"


def parse_rate(rate: str) -> tuple[int, int]:
    """Read a rate of the settings: how many, and in how many seconds."""
    limit, _slash, period = rate.partition("/")
    return int(limit), int(period[:-1] or 1) * UNITS[period[-1]]


def too_many(seconds: float) -> TooManyRequests:
    """Say in the site's one sentence that, and how long, somebody has to wait."""
    return TooManyRequests(
        _("Too many requests, please try again after %(wait)s") % {"wait": in_words(seconds)}, retry_after=seconds
    )


def in_words(seconds: float) -> str:
    """Put a wait into words, rounded up: "23 seconds", "1 minute", "2 hours"."""
    whole = max(1, ceil(seconds))
    if whole < MINUTE:
        return ngettext("%(count)s second", "%(count)s seconds", whole) % {"count": whole}
    if whole <= HOUR - MINUTE:
        minutes = ceil(whole / MINUTE)
        return ngettext("%(count)s minute", "%(count)s minutes", minutes) % {"count": minutes}
    hours = ceil(whole / HOUR)
    return ngettext("%(count)s hour", "%(count)s hours", hours) % {"count": hours}
