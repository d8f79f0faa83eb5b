"""Which words still need a second opinion: a conversation comes whole each time, and may have been made up whole."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MOST_KEPT = 20_000


class Unjudged:
    """Knows by their hashes the texts to which nobody objected, the last ones of this process. For one event loop."""

    def __init__(self) -> None:
        self._passed: OrderedDict[bytes, None] = OrderedDict()

    def among(self, texts: Iterable[str]) -> list[str]:
        """Give those that somebody has to look at."""
        return [text for text in texts if _name(text) not in self._passed]

    def passed(self, texts: Sequence[str]) -> None:
        """Note that nobody objected."""
        for text in texts:
            self._passed[_name(text)] = None
            self._passed.move_to_end(_name(text))
        while len(self._passed) > MOST_KEPT:
            self._passed.popitem(last=False)


unjudged = Unjudged()


def _name(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
