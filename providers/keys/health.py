"""What is learned of a key, written so that all processes agree: each change is one statement with its condition.

All of this is for database threads. Whoever holds a trial is the only call, in all processes, that uses a key of which
nobody knows whether it works.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import F, Q
from django.utils import timezone

from providers.models import ApiKey, Health, KeyState

if TYPE_CHECKING:
    from collections.abc import Collection

TRIAL = timedelta(seconds=15)
"""How long a trial is respected when nothing more is heard of it: its process may have died."""

FOR_PEOPLE = " Please ask your operator."
"""How a refusal ends for people; operators read it without that."""

_LONGEST_NOTE = 200
UNTRIED: dict[str, Any] = {
    "health": Health.UNTRIED,
    "resting_until": None,
    "trial_until": None,
    "failures": 0,
    "health_note": "",
}
"""The columns of a key of which nothing is known."""


def needs_trial(now: datetime) -> Q:
    return Q(health=Health.UNTRIED) | Q(health=Health.COOLING, resting_until__lte=now)


def claim_trial(key_id: int) -> datetime | None:
    """Take the trial of a key; None when somebody has it, or when none is needed. Return its mark otherwise."""
    now = timezone.now()
    free = Q(trial_until=None) | Q(trial_until__lte=now)
    keys = ApiKey.objects.filter(needs_trial(now), free, pk=key_id, state=KeyState.ACTIVE)
    return now + TRIAL if keys.update(trial_until=now + TRIAL) else None


def release_trial(key_id: int, mark: datetime) -> None:
    """Give a trial back that taught nothing."""
    ApiKey.objects.filter(pk=key_id, trial_until=mark).update(trial_until=None)


def mark_good(key_id: int) -> None:
    """Note that a key that was on trial was taken. One that was refused meanwhile stays refused."""
    now = timezone.now()
    ApiKey.objects.filter(needs_trial(now), pk=key_id).update(**_good(now))


def mark_cooling(key_id: int, until: datetime) -> None:
    """Let a key rest; an earlier end than the one that stands is ignored."""
    shorter = Q(resting_until=None) | Q(resting_until__lt=until)
    ApiKey.objects.filter(shorter, pk=key_id).exclude(health=Health.REFUSED).update(
        health=Health.COOLING,
        resting_until=until,
        trial_until=None,
        failures=F("failures") + 1,
        health_note="Too many requests, or no more for now.",
        checked_at=timezone.now(),
    )


def mark_refused(key_id: int, note: str) -> bool:
    """Note that the provider refused a key; True for the first who does, who tells the operators."""
    return bool(
        ApiKey.objects.filter(pk=key_id, state=KeyState.ACTIVE)
        .exclude(health=Health.REFUSED)
        .update(
            health=Health.REFUSED,
            resting_until=None,
            trial_until=None,
            failures=F("failures") + 1,
            health_note=note.removesuffix(FOR_PEOPLE)[:_LONGEST_NOTE],
            checked_at=timezone.now(),
        )
    )


def restore(key_id: int) -> None:
    """Note that a key was just found good, whatever was known before."""
    ApiKey.objects.filter(pk=key_id).update(**_good(timezone.now()))


def mark_known(key_id: int) -> None:
    """Note that its provider knows a key of which nothing was known; it says nothing of one that rests."""
    ApiKey.objects.filter(pk=key_id, health=Health.UNTRIED).update(**_good(timezone.now()))


def try_again(key_id: int) -> None:
    """Forget what is known of a key: the next call tries it."""
    ApiKey.objects.filter(pk=key_id).update(**UNTRIED)


def forget_refusal(key_id: int) -> None:
    """Let a refused key be tried again."""
    ApiKey.objects.filter(pk=key_id, health=Health.REFUSED).update(**UNTRIED)


def _good(now: datetime) -> dict[str, Any]:
    return {**UNTRIED, "health": Health.GOOD, "checked_at": now}


def note_in_use(key_ids: Collection[int]) -> None:
    """Note that calls still use these keys; of those that drain, which are waited for."""
    ApiKey.objects.filter(pk__in=key_ids, state=KeyState.DRAINING).update(in_use_at=timezone.now())
