"""The cache while Redis comes and goes: nobody waits for it twice, and the log says so once."""

from __future__ import annotations

import logging
import socket
import time
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from accounts import limits
from chatproject import cache as cache_module
from chatproject.cache import CircuitRedisCache
from chatproject.errors import Unavailable
from tests.support.instances import RedisInstance
from tests.support.processes import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django.fixtures import Settings


@pytest.fixture
def redis() -> Iterator[RedisInstance]:
    instance = RedisInstance()
    instance.start()
    yield instance
    instance.remove()


@pytest.fixture
def hanging_url() -> Iterator[str]:
    """Give the address of something that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        yield f"redis://127.0.0.1:{listener.getsockname()[1]}/0"


def works(cache: CircuitRedisCache) -> bool:
    try:
        cache.set("a", 1)
    except Unavailable:
        return False
    return bool(cache.get("a") == 1)


def test_redis_that_goes_and_comes_back_is_told_once_each(
    redis: RedisInstance, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache_module, "RETRY_DELAY", 0.1)
    caplog.set_level(logging.WARNING)
    cache = CircuitRedisCache(redis.url, {})
    assert works(cache)
    redis.stop()
    for _ in range(50):
        assert not works(cache)
    [away] = caplog.messages
    assert "is away" in away
    assert redis.url not in away
    redis.start()
    wait_until(lambda: works(cache), what="the cache to be back")
    assert works(cache)
    [_, back] = caplog.messages
    assert "is back" in back


def test_hanging_redis_holds_up_one_and_no_more(hanging_url: str) -> None:
    cache = CircuitRedisCache(hanging_url, {})
    start = time.monotonic()
    for _ in range(100):
        assert not works(cache)
    assert time.monotonic() - start < 2 * cache_module.TIME_LIMIT + 0.5


def test_all_threads_and_tasks_share_the_connections(redis: RedisInstance) -> None:
    first, second = CircuitRedisCache(redis.url, {}), CircuitRedisCache(redis.url, {})
    assert first._cache is second._cache


def test_chat_goes_on_uncounted_and_other_scopes_are_refused(hanging_url: str, settings: Settings) -> None:
    settings.CACHES = {
        name: {"BACKEND": "chatproject.cache.CircuitRedisCache", "LOCATION": hanging_url}
        for name in ("default", "ratelimit")
    }
    who = uuid4()
    for _ in range(3):
        decision = limits.hit(limits.MESSAGES, who, "1/d")
        assert decision.allowed
    with pytest.raises(Unavailable) as refusal:
        limits.hit("uploads", who, "1/d")
    assert refusal.value.retry_after
