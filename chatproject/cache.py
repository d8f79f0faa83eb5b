"""The Redis cache, behind a circuit: while Redis is away nobody waits for it, and the log says so once."""

from __future__ import annotations

import logging
import time
from functools import cache, partial
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from django.utils.translation import gettext_lazy
from redis.exceptions import RedisError

from chatproject.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)

TIME_LIMIT = 0.5
RETRY_AFTER = 5.0
RETRY_DELAY = 3.0
SENTENCE = gettext_lazy(
    "This cannot be done just now, because a part of this site does not answer. Please try again in a moment."
)


class CircuitRedisCache(RedisCache):
    """Django's, with connections that all threads and tasks of the process share.

    Every method raises :class:`chatproject.errors.Unavailable` while Redis is away.
    """

    @property
    def _cache(self) -> Any:
        return _client(tuple(self._servers))  # type: ignore[attr-defined] # django-stubs does not know it


class Circuit:
    """Calls Redis; after a failure nobody does for ``RETRY_DELAY`` seconds, then one tries for all."""

    def __init__(self, client: Any, *, where: str) -> None:
        self._client = client
        self._where = where
        self._lock = Lock()
        self._is_away = False
        self._away_until = 0.0

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return partial(self._call, getattr(self._client, name))

    def _call(self, method: Callable[..., Any], *args: Any, **options: Any) -> Any:
        if not self._may_try():
            raise Unavailable(SENTENCE, retry_after=RETRY_AFTER)
        try:
            result = method(*args, **options)
        except (RedisError, OSError) as error:
            self._note_away(error)
            raise Unavailable(SENTENCE, retry_after=RETRY_AFTER) from error
        self._note_back()
        return result

    def _may_try(self) -> bool:
        if not self._is_away:
            return True
        with self._lock:
            now = time.monotonic()
            if now < self._away_until:
                return False
            self._away_until = now + RETRY_DELAY
            return True

    def _note_away(self, error: Exception) -> None:
        with self._lock:
            was_away, self._is_away = self._is_away, True
            self._away_until = time.monotonic() + RETRY_DELAY
        if not was_away:
            logger.warning(
                "Redis at %s is away (%s): messages are not counted, and signing in waits until it is back.",
                self._where,
                type(error).__name__,
            )

    def _note_back(self) -> None:
        if self._is_away:
            with self._lock:
                was_away, self._is_away = self._is_away, False
            if was_away:
                logger.warning("Redis at %s is back: limits hold again.", self._where)


@cache
def _client(servers: tuple[str, ...]) -> Circuit:
    client = RedisCacheClient(list(servers), socket_connect_timeout=TIME_LIMIT, socket_timeout=TIME_LIMIT)
    return Circuit(client, where=_host(servers[0]))


def _host(url: str) -> str:
    """Name a server without its password."""
    parts = urlsplit(url)
    return parts.netloc.rpartition("@")[2] or parts.path
