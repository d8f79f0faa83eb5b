"""Places for sockets: who gets one, who gets one back, and what a process leaves behind."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.core.cache import caches

from accounts import places as module
from accounts.places import Places

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _two_places(settings: Settings) -> None:
    settings.MAX_SOCKETS = 2


async def test_two_processes_share_the_places_of_a_person() -> None:
    one, other, alice = Places(), Places(), uuid4()
    first = await one.take(alice)
    second = await other.take(alice)
    assert first
    assert second
    assert await one.take(alice) is None
    assert await other.take(alice) is None
    assert await one.take(uuid4())
    await other.give_back(second)
    assert await one.take(alice)


async def test_of_many_sockets_at_once_only_the_allowed_get_a_place() -> None:
    one, other, alice = Places(), Places(), uuid4()
    taken = await asyncio.gather(*(places.take(alice) for places in (one, other) * 5))
    assert sum(place is not None for place in taken) == 2


async def test_place_is_kept_beyond_its_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RENEW_EVERY", 0.01)
    places, alice = Places(), uuid4()
    place = await places.take(alice)
    assert place
    caches["ratelimit"].delete(place.key)  # as if its lease had ended, or Redis had forgotten
    keeping = asyncio.create_task(places.keep())
    async with asyncio.timeout(10):
        while caches["ratelimit"].get(place.key) != place.token:  # noqa: ASYNC110 - a cache sets no event
            await asyncio.sleep(0.01)
    keeping.cancel()
    await places.give_back(place)
    assert caches["ratelimit"].get(place.key) is None


async def test_place_that_another_has_by_now_is_not_taken_from_it() -> None:
    one, other, alice = Places(), Places(), uuid4()
    lost = await one.take(alice)
    assert lost
    caches["ratelimit"].delete(lost.key)
    now = await other.take(alice)
    assert now
    assert now.key == lost.key
    await one.give_back(lost)
    assert caches["ratelimit"].get(now.key) == now.token


async def test_while_the_cache_is_away_a_process_counts_its_own(settings: Settings) -> None:
    settings.CACHES = {
        name: {"BACKEND": "chatproject.cache.CircuitRedisCache", "LOCATION": "redis://127.0.0.1:9/0"}
        for name in ("default", "ratelimit")
    }
    places, alice = Places(), uuid4()
    first = await places.take(alice)
    assert first
    assert await places.take(alice)
    assert await places.take(alice) is None
    await places.give_back(first)
    assert await places.take(alice)
