"""What the fake provider remembers of every call."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from tests.fake_provider.billing import Tokens

PATIENCE = 20.0
"""Seconds that tests wait for what is sure to come."""

State = Literal["open", "finished", "client_closed", "cut"]


@dataclass
class RequestRecord:
    """One call. Times are ``time.time()``, so that they compare between processes."""

    id: int
    method: str
    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    state: State = "open"
    started_at: float = field(default_factory=time.time)
    first_byte_at: float | None = None
    ended_at: float | None = None
    sent_chars: int = 0
    billed: Tokens | None = None
    """What an accepted call costs, once it ended; a refused one costs nothing."""
    _ended: asyncio.Event = field(default_factory=asyncio.Event, repr=False)

    @property
    def key(self) -> str:
        bearer = self.headers.get("authorization", "").removeprefix("Bearer ")
        return self.headers.get("x-api-key", bearer)

    @property
    def model(self) -> str:
        return str(self.body.get("model", ""))

    def end(self, state: State) -> None:
        if self.state == "open":
            self.state = state
            self.ended_at = time.time()
            self._ended.set()

    async def wait_ended(self) -> None:
        """Wait until the call is over, whoever ended it; raises TimeoutError."""
        await asyncio.wait_for(self._ended.wait(), PATIENCE)

    def as_json(self) -> dict[str, Any]:
        names = ["id", "method", "path", "key", "headers", "body", "state"]
        names += ["started_at", "first_byte_at", "ended_at", "sent_chars"]
        return {name: getattr(self, name) for name in names}
