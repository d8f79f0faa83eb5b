"""How many frames one socket may send."""

from __future__ import annotations

import time
from math import ceil

from accounts.limits import parse_rate

PATIENCE = 5
"""A socket that goes on for this many times its limit without a pause is closed."""


class FrameMeter:
    """Counts in windows that begin with the first frame; what is refused counts, too."""

    def __init__(self, rate: str) -> None:
        self.limit, self.period = parse_rate(rate)
        self._ends_at = 0.0
        self._count = 0
        self._refused = 0

    def count(self) -> int:
        """Count one frame; return 0, or the whole seconds to wait where it is one too many."""
        now = time.monotonic()
        if now >= self._ends_at:
            if self._count <= self.limit or now >= self._ends_at + self.period:
                self._refused = 0  # a pause is a new beginning
            self._ends_at, self._count = now + self.period, 0
        self._count += 1
        if self._count <= self.limit:
            return 0
        self._refused += 1
        return max(1, ceil(self._ends_at - now))

    @property
    def is_abused(self) -> bool:
        return self._refused > PATIENCE * self.limit
