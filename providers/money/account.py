"""The provider calls of one question, as they go: which model, which key, how they ended, what they used."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from chatproject.errors import BadRequest
from providers.gateway import get_gateway
from providers.models import Outcome
from providers.money.ledger import Call
from providers.port import Accepted, CallBegun, CallFailed, Citation, Finished, PromptRead, Usage
from providers.tokens import estimate_prompt_tokens, estimate_tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from providers.port import ChatMessage, GatewayEvent

THINKING_RATE = 100
"""Tokens a second: so fast do models think that show nothing of it."""


def guess_thinking(model: str, seconds: float, written: int = 0) -> int:
    """Guess the tokens of thoughts that nobody saw: by the time they took, and no more than the output limit leaves.

    ``written`` is what the answer has of it already; a model that does not think thinks nothing.
    """
    try:
        entry = get_gateway().find_model(model)
    except BadRequest:
        return 0  # taken away: nobody knows whether it thinks
    if not entry.has_reasoning:
        return 0
    return max(0, min(int(seconds * THINKING_RATE), entry.limit_output(None) - written))


class Account:
    """``note`` every event of the gateway, then ``end``; after that all is known."""

    def __init__(self, messages: Sequence[ChatMessage] = (), clock: Callable[[], float] = time.monotonic) -> None:
        self.calls: list[Call] = []
        self.version = ""
        """Of the model and its server, as the last call was made."""
        self._messages = messages
        self._clock = clock
        self._present: CallBegun | None = None
        self._accepted_at: float | None = None
        self._spoke_at: float | None = None
        self._prompt: PromptRead | None = None
        self._usage: Usage | None = None

    @property
    def model(self) -> str:
        """Who was asked last."""
        if self._present is not None:
            return self._present.model
        return self.calls[-1].model if self.calls else ""

    def note(self, event: GatewayEvent) -> None:
        match event:
            case CallBegun():
                self._present, self._prompt, self._usage = event, None, None
                self.version = event.version
                self._accepted_at = self._spoke_at = None
            case CallFailed():
                # Only one call's worst case is set aside, so a guess has no place here; a count is what it is.
                self._close(Outcome.FAILED, event.error.code, self._usage)
            case PromptRead():
                self._prompt = event
            case Usage():
                self._usage = event
            case Finished() | Citation():
                pass
            case Accepted():
                self._accepted_at = self._clock()
            case _:
                self._spoke_at = self._spoke_at or self._clock()

    def end(self, outcome: Outcome, error_code: str, *, said: str, thought: str) -> None:
        """End the call that still runs, if one does; ``said`` and ``thought`` tell what nobody counted."""
        usage = self._usage
        if usage is None and self._accepted_at is not None:
            usage = self._guess(self._accepted_at, said, thought)
        self._close(outcome, error_code, usage)

    def _close(self, outcome: Outcome, error_code: str, usage: Usage | None) -> None:
        if self._present is not None:
            self.calls.append(Call(self._present.model, self._present.key_id, usage, outcome, error_code))
            self._present = None

    def _guess(self, accepted_at: float, text: str, reasoning: str) -> Usage:
        """Guess what a provider counted that did not get to say it all."""
        prompt = self._prompt or PromptRead(estimate_prompt_tokens(self._messages))
        said = estimate_tokens(text)
        thought = estimate_tokens(reasoning) or self._guess_thinking(accepted_at, said)
        return Usage(
            prompt_tokens=prompt.tokens,
            completion_tokens=said + thought,
            estimated=True,
            cached_tokens=prompt.cached_tokens,
            cache_write_tokens=prompt.cache_write_tokens,
            reasoning_tokens=thought,
        )

    def _guess_thinking(self, accepted_at: float, said: int) -> int:
        until = self._clock() if self._spoke_at is None else self._spoke_at
        return guess_thinking(self._present.model, until - accepted_at, said) if self._present else 0
