"""The provider calls of one run, with the pages that its answer draws on, and what the reply used altogether."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from conversations.models import Status
from conversations.text import storable
from providers.models import Outcome
from providers.money.account import Account
from providers.money.ledger import LARGEST_COUNT
from providers.port import Citation, Usage

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from conversations.draft import Draft
    from conversations.models import Message
    from providers.port import ChatMessage, GatewayEvent

MOST_CITATIONS = 50


def outcome_of(status: Status) -> Outcome:
    """Name how the provider's call ended; one that our own list ended was stopped."""
    return Outcome.STOPPED if status is Status.BLOCKED else Outcome(status)


class Tally(Account):
    """``note`` every event of the gateway, then ``close``; after that all is known."""

    def __init__(self, messages: Sequence[ChatMessage] = (), clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(messages, clock)
        self._citations: dict[str, Citation] = {}

    def note(self, event: GatewayEvent) -> None:
        super().note(event)
        if isinstance(event, Citation) and len(self._citations) < MOST_CITATIONS:
            self._citations.setdefault(event.url, event)

    def close(self, outcome: Outcome, error_code: str, draft: Draft) -> None:
        """End the call that still runs, if one does."""
        self.end(outcome, error_code, said=draft.words.gain, thought=draft.reasoning.gain)

    def citations_with(self, reply: Message) -> list[dict[str, str]]:
        """Add the pages that the provider named to those of the earlier runs of the reply, each once."""
        known = {one["url"]: one for one in reply.citations}
        found = {one.url: {"url": storable(one.url), "title": storable(one.title)} for one in self._citations.values()}
        return list({**found, **known}.values())[:MOST_CITATIONS]

    def usage_with(self, reply: Message) -> Usage | None:
        """Add what the last call used to what the earlier runs of the reply did; no count is above LARGEST_COUNT."""
        used = self.calls[-1].usage if self.calls else None
        if used is None and reply.tokens is None:
            return None
        used = used or Usage(0, 0)
        return Usage(
            min(LARGEST_COUNT, used.prompt_tokens + (reply.prompt_tokens or 0)),
            min(LARGEST_COUNT, used.completion_tokens + (reply.tokens or 0)),
            estimated=used.estimated or reply.tokens_estimated,
        )
