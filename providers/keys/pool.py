"""The keys of this process's snapshot, lent to calls: good ones to many, one that must be tried to one call at a time.

What a call learns is true in this process at once, and written in the background for the others. Everything here
belongs to one event loop.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import Error as DatabaseError
from django.utils import timezone

from chatproject.database import in_database
from providers import faults
from providers.keys import health
from providers.keys.alarm import raise_alarm, send_alarm
from providers.keys.sealing import fingerprint
from providers.models import Health
from providers.port import BadCredentials, ContextTooLong, ModelNotFound, RateLimited, RequestRefused

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterable
    from typing import Any

    from providers.keys.roster import Member, RosterKey
    from providers.port import Provider, ProviderConfig, ProviderError

logger = logging.getLogger(__name__)

USUAL_REST, SHORTEST_REST, LONGEST_REST = 5.0, 1.0, 3600.0
"""Seconds: where the provider does not say how long, and the bounds of what it says."""

LONGEST_WAIT = 8.0
"""Seconds that a call waits for a key to have rested; with more to wait it is refused."""

TRIAL_PATIENCE = 10.0
"""Seconds that calls wait for another's trial. A server that is so slow to answer does not refuse the key."""

POLL = 0.25
"""Seconds between two looks at what other processes learned, while calls wait."""

CLOSE_SECONDS = 5.0


@dataclass(eq=False, slots=True)
class PooledKey:
    """A key in memory, the same object for as long as its row and provider stay; it only goes to that ``config``."""

    config: ProviderConfig
    id: int | None
    secret: str = field(repr=False)
    health: Health
    resting_until: datetime | None
    trial_until: datetime | None
    adapter: Provider | None = field(default=None, repr=False)
    running: int = 0
    lent_at: float = 0.0
    changed_at: float = 0.0
    writing: int = 0
    is_claimed: bool = False
    """A call of this process has the trial, or is asking for it."""

    def rest(self, now: datetime) -> float:
        """Give the seconds that it still has to rest."""
        if self.health != Health.COOLING or self.resting_until is None:
            return 0.0
        return max(0.0, (self.resting_until - now).total_seconds())

    def is_on_trial(self, now: datetime) -> bool:
        return self.is_claimed or (self.trial_until is not None and self.trial_until > now)


@dataclass(eq=False, slots=True)
class Lease:
    """A key lent to one call; ``mark`` names the trial it holds."""

    key: PooledKey
    mark: datetime | None = None
    is_proven: bool = False


class KeyPool:
    """``freshen`` brings the snapshot up to date when it is older than so many seconds."""

    def __init__(self, freshen: Callable[[float], Awaitable[None]]) -> None:
        self._freshen = freshen
        self._rings: dict[str, list[PooledKey]] = {}
        self._lent: set[PooledKey] = set()
        self._news = asyncio.Event()
        self._background: set[asyncio.Task[None]] = set()

    # The snapshot

    def update(self, members: Iterable[Member], *, read_at: float) -> None:
        """Take over what was read at ``read_at`` (monotonic), but for what was learned here since."""
        old = {(key.config, key.id): key for ring in self._rings.values() for key in ring}
        self._rings = {
            member.config.provider_id: [
                self._take_over(member.config, fresh, old.get((member.config, fresh.id)), read_at)
                for fresh in member.keys
            ]
            for member in members
        }
        self._tell()

    def _take_over(
        self, config: ProviderConfig, fresh: RosterKey, known: PooledKey | None, read_at: float
    ) -> PooledKey:
        if known is None or known.secret != fresh.secret:
            return PooledKey(config, fresh.id, fresh.secret, fresh.health, fresh.resting_until, fresh.trial_until)
        if known.id is not None and not known.writing and known.changed_at < read_at:
            known.health, known.resting_until = fresh.health, fresh.resting_until
            known.trial_until = fresh.trial_until
        return known

    def keys(self, provider_id: str) -> list[PooledKey]:
        """List the keys that were not refused, the good ones first."""
        ring = [key for key in self._rings.get(provider_id, ()) if key.health != Health.REFUSED]
        return sorted(ring, key=lambda key: key.health != Health.GOOD)

    def held(self) -> dict[tuple[int, str, str], str]:
        """Give the secrets that are in memory, by row, fingerprint and address."""
        return {
            (key.id, fingerprint(key.secret), key.config.base_url): key.secret
            for ring in self._rings.values()
            for key in ring
            if key.id is not None
        }

    def leaving(self) -> list[int]:
        """List the rows of keys that calls still use, though no new call gets them."""
        offered = {key for ring in self._rings.values() for key in ring}
        return [key.id for key in self._lent - offered if key.id is not None]

    # Lending

    async def take(
        self,
        provider_id: str,
        *,
        label: str,
        until: float,
        tried: Collection[PooledKey] = (),
        barred: Collection[PooledKey] = (),
        good_first: bool = False,
    ) -> Lease:
        """Lend a key, waiting for one until ``until`` (monotonic).

        ``barred`` are not lent, those already ``tried`` only when there is no other. A call tries a key that needs it;
        with ``good_first`` that is left to others where there is a good one. Raises BadCredentials when all are
        refused, RateLimited when all rest for too long, ProviderUnavailable when nobody knows in time.
        """

        def rank(key: PooledKey) -> tuple[bool, bool, int, float]:
            return key in tried, (key.health == Health.GOOD) != good_first, key.running, key.lent_at

        patience = time.monotonic() + TRIAL_PATIENCE
        while True:
            self._news.clear()
            now, is_impatient = timezone.now(), time.monotonic() >= patience
            keys = self.keys(provider_id)
            ring = [key for key in keys if key not in barred]
            awake = [key for key in ring if not key.rest(now)]
            free = [key for key in awake if key.health == Health.GOOD or is_impatient or not key.is_on_trial(now)]
            if free:
                if lease := await self._lend(min(free, key=rank), is_impatient=is_impatient):
                    return lease
            elif awake:
                await self._wait(until, faults.slow(label))
            else:
                await self._wait(until, *_nobody(keys, ring, now, label))

    async def _lend(self, key: PooledKey, *, is_impatient: bool) -> Lease | None:
        mark = None
        if key.id is not None and key.health != Health.GOOD and not key.is_claimed:
            mark = await self._claim(key, key.id)
            if mark is None and not is_impatient:
                await self._freshen(0.0)
                return None
        key.running += 1
        key.lent_at = time.monotonic()
        self._lent.add(key)
        return Lease(key, mark)

    async def _claim(self, key: PooledKey, key_id: int) -> datetime | None:
        """Ask for the trial of a key; a caller who goes away meanwhile leaves no claim behind."""
        key.is_claimed = True
        claim = asyncio.ensure_future(in_database(health.claim_trial, key_id))
        mark = None
        try:
            mark = await asyncio.shield(claim)
        except asyncio.CancelledError:
            self._spawn(self._let_go(key_id, claim))
            raise
        finally:
            key.is_claimed = mark is not None
            key.trial_until = mark or key.trial_until
            key.changed_at = time.monotonic()
            self._tell()
        return mark

    async def _let_go(self, key_id: int, claim: asyncio.Future[datetime | None]) -> None:
        if mark := await claim:
            await in_database(health.release_trial, key_id, mark)

    async def _wait(self, until: float, refusal: ProviderError, rest: float = 0.0) -> None:
        """Wait for news, for a moment; raises ``refusal`` when waiting is no use, or when its time is over."""
        left = until - time.monotonic()
        if rest > min(left, LONGEST_WAIT) or left <= 0:
            raise refusal
        with suppress(TimeoutError):
            async with asyncio.timeout(min(left, rest or POLL, POLL)):
                await self._news.wait()
        await self._freshen(POLL)

    # Learning

    def accepted(self, lease: Lease) -> None:
        """Note that the provider took the call's key."""
        key = lease.key
        if lease.is_proven:
            return
        lease.is_proven = True
        if key.health in {Health.UNTRIED, Health.COOLING} and not key.rest(timezone.now()):
            self._settle(lease, Health.GOOD)
            if key.id is not None:
                self._write(key, in_database(health.mark_good, key.id))

    def failed(self, lease: Lease, error: ProviderError) -> None:
        """Note what a failure says of the call's key; most say nothing."""
        key = lease.key
        if isinstance(error, RequestRefused | ContextTooLong | ModelNotFound):
            self.accepted(lease)
        elif isinstance(error, RateLimited) and key.health != Health.REFUSED:
            self._cool(lease, rest_until(error))
        elif isinstance(error, BadCredentials) and key.id is not None and key.health != Health.REFUSED:
            self._settle(lease, Health.REFUSED)
            self._write(key, self._refuse(key.id, error.message))

    def give_back(self, lease: Lease) -> None:
        """End a lease; a trial that taught nothing is open to the next call."""
        key = lease.key
        key.running -= 1
        if not key.running:
            self._lent.discard(key)
        if lease.mark is not None and key.id is not None:
            mark, lease.mark = lease.mark, None
            key.is_claimed, key.trial_until = False, None
            self._write(key, in_database(health.release_trial, key.id, mark))
            self._tell()

    def _cool(self, lease: Lease, until: datetime) -> None:
        key, now = lease.key, timezone.now()
        is_longer = key.rest(now) + SHORTEST_REST / 2 < (until - now).total_seconds()
        self._settle(lease, Health.COOLING, until if is_longer else key.resting_until)
        if key.id is not None and is_longer:
            self._write(key, in_database(health.mark_cooling, key.id, until))

    def _settle(self, lease: Lease, found: Health, resting_until: datetime | None = None) -> None:
        key = lease.key
        key.health, key.resting_until, key.trial_until = found, resting_until, None
        key.is_claimed = False
        lease.mark = None
        self._tell()

    async def _refuse(self, key_id: int, note: str) -> None:
        """Note the refusal; whoever does it first tells the operators."""
        if await in_database(health.mark_refused, key_id, note):
            await asyncio.to_thread(send_alarm, await in_database(raise_alarm, key_id))

    # In the background

    async def close(self) -> None:
        """Wait a little for what is still to be written."""
        if self._background:
            await asyncio.wait(self._background, timeout=CLOSE_SECONDS)

    def _tell(self) -> None:
        self._news.set()

    def _write(self, key: PooledKey, work: Coroutine[Any, Any, object]) -> None:
        key.changed_at = time.monotonic()
        key.writing += 1
        self._spawn(self._finish(key, work))

    async def _finish(self, key: PooledKey, work: Awaitable[object]) -> None:
        try:
            await work
        except DatabaseError as error:
            logger.warning("The state of a key could not be saved (%s).", type(error).__name__)
        finally:
            key.writing -= 1
            key.changed_at = time.monotonic()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)


def rest_until(error: RateLimited) -> datetime:
    """Tell how long a key rests, from now: as its provider said, within bounds."""
    seconds = USUAL_REST if error.retry_after is None else error.retry_after
    return timezone.now() + timedelta(seconds=min(max(seconds, SHORTEST_REST), LONGEST_REST))


def _nobody(keys: list[PooledKey], ring: list[PooledKey], now: datetime, label: str) -> tuple[ProviderError, float]:
    """Say why no key of ``ring`` can be lent, and in how many seconds one can; ``keys`` has the barred ones, too."""
    rests = [rest for key in keys if (rest := key.rest(now))]
    refusal = faults.busy(label, min(rests)) if rests else faults.refused(label)
    return refusal, min((key.rest(now) for key in ring), default=math.inf)
