"""Who has a page open, counted over all processes: each says in the cache "ratelimit" whose sockets it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from django.core.cache import caches

from chatproject.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

LEASE = 30
SLOTS = [f"present:{number}" for number in range(64)]
"""One for each process; what is in one is the process's own token and the ids of its people."""


class Presence:
    """What one process says; call it in a database thread."""

    def __init__(self) -> None:
        self._token = uuid4().hex
        self._slot = ""

    def tell(self, people: Iterable[UUID]) -> None:
        """Say who is here, for the next ``LEASE`` seconds."""
        said = (self._token, {person.hex for person in people})
        cache = caches["ratelimit"]
        try:
            if self._slot and (cache.get(self._slot) or ("",))[0] == self._token:
                cache.set(self._slot, said, timeout=LEASE)
            else:
                self._slot = next((slot for slot in SLOTS if cache.add(slot, said, timeout=LEASE)), "")
        except Unavailable:
            return  # the next round may reach it


def count_present() -> int | None:
    """Count the people who have a page open anywhere; None where the cache is away."""
    try:
        said = caches["ratelimit"].get_many(SLOTS)
    except Unavailable:
        return None
    return len(set().union(*(people for _token, people in said.values())))
