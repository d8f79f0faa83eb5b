"""How many sockets one person holds at the same time, counted over all processes.

A person has ``MAX_SOCKETS`` places in the cache "ratelimit". A socket takes a free one and gives it back; its process
says every ``RENEW_EVERY`` seconds that it is still taken, so those of a killed process are free after ``LEASE``. While
the cache is away, each process counts its own.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from django.conf import settings
from django.core.cache import caches

from accounts.presence import LEASE, Presence
from chatproject.database import in_database
from chatproject.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

RENEW_EVERY = 10.0
BATCH = 500


@dataclass(frozen=True, slots=True)
class Place:
    """``key`` names it in the cache, and is empty where the cache was away."""

    user_id: UUID
    key: str
    token: str


class Places:
    """The places that the sockets of this process hold; used on the event loop."""

    def __init__(self) -> None:
        self._held: set[Place] = set()
        self._own: Counter[UUID] = Counter()
        self._presence = Presence()

    async def take(self, user_id: UUID) -> Place | None:
        """Give a place to one more socket of a person, or None where all are taken."""
        if self._own[user_id] >= settings.MAX_SOCKETS:
            return None
        self._own[user_id] += 1  # before the first wait, so that sockets which come together count each other
        place = None
        try:
            place = await in_database(_take, user_id)
        finally:
            if place is None:
                self._forget(user_id)
        if place is not None:
            self._held.add(place)
        return place

    async def give_back(self, place: Place) -> None:
        self._held.discard(place)
        self._forget(place.user_id)
        await in_database(_free, place)

    async def keep(self) -> None:
        """Renew the leases of this process and say who is here, for as long as it lives."""
        while True:
            await asyncio.sleep(RENEW_EVERY)
            held = [place for place in self._held if place.key]
            for start in range(0, len(held), BATCH):
                await in_database(_renew, held[start : start + BATCH])
            await in_database(self._presence.tell, list(self._own))

    def _forget(self, user_id: UUID) -> None:
        self._own[user_id] -= 1
        if not self._own[user_id]:
            del self._own[user_id]


places = Places()


def _take(user_id: UUID) -> Place | None:
    token = uuid4().hex
    keys = [f"socket:{user_id}:{number}" for number in range(settings.MAX_SOCKETS)]
    try:
        taken = caches["ratelimit"].get_many(keys)
        for key in keys:
            if key not in taken and caches["ratelimit"].add(key, token, timeout=LEASE):
                return Place(user_id, key, token)
    except Unavailable:
        return Place(user_id, "", token)
    return None


def _free(place: Place) -> None:
    try:
        if place.key and caches["ratelimit"].get(place.key) == place.token:
            caches["ratelimit"].delete(place.key)
    except Unavailable:
        return  # the lease ends by itself


def _renew(held: Sequence[Place]) -> None:
    try:
        caches["ratelimit"].set_many({place.key: place.token for place in held}, timeout=LEASE)
    except Unavailable:
        return  # the next round may reach it
