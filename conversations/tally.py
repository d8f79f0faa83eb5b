"""The provider calls of one run, as they go: which model, which key, how they ended, what they used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from providers.models import Outcome
from providers.money.ledger import Call
from providers.port import CallBegun, CallFailed, Finished, PromptRead, Usage
from providers.tokens import estimate_prompt_tokens, estimate_tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conversations.draft import Draft
    from conversations.models import Message
    from providers.port import ChatMessage, GatewayEvent


class Tally:
    """``note`` every event of the gateway, then ``close``; after that all is known."""

    def __init__(self, messages: Sequence[ChatMessage] = ()) -> None:
        self.calls: list[Call] = []
        self._messages = messages
        self._present: CallBegun | None = None
        self._is_accepted = False
        self._prompt: PromptRead | None = None
        self._usage: Usage | None = None

    @property
    def model(self) -> str:
        """Who was asked last."""
        return self.calls[-1].model if self.calls else ""

    def note(self, event: GatewayEvent) -> None:
        match event:
            case CallBegun():
                self._present, self._is_accepted, self._prompt, self._usage = event, False, None, None
            case CallFailed():
                self._close(Outcome.FAILED, event.error.code, "", "")
            case PromptRead():
                self._prompt = event
            case Usage():
                self._usage = event
            case Finished():
                pass
            case _:
                self._is_accepted = True

    def close(self, outcome: Outcome, error_code: str, draft: Draft) -> None:
        """End the call that still runs, if one does."""
        self._close(outcome, error_code, draft.words.gain, draft.reasoning.gain)

    def _close(self, outcome: Outcome, error_code: str, text: str, reasoning: str) -> None:
        if self._present is None:
            return
        usage = self._usage
        if usage is None and self._is_accepted:
            usage = self._guess(text, reasoning)
        self.calls.append(Call(self._present.model, self._present.key_id, usage, outcome, error_code))
        self._present = None

    def _guess(self, text: str, reasoning: str) -> Usage:
        """Guess what a provider counted that did not get to say it all."""
        prompt = self._prompt or PromptRead(estimate_prompt_tokens(self._messages))
        thought = estimate_tokens(reasoning)
        return Usage(
            prompt_tokens=prompt.tokens,
            completion_tokens=estimate_tokens(text) + thought,
            estimated=True,
            cached_tokens=prompt.cached_tokens,
            cache_write_tokens=prompt.cache_write_tokens,
            reasoning_tokens=thought,
        )

    def usage_with(self, reply: Message) -> Usage | None:
        """Add what the last call used to what the earlier runs of the reply did."""
        used = self.calls[-1].usage if self.calls else None
        if reply.tokens is None:
            return used
        used = used or Usage(0, 0)
        return Usage(
            used.prompt_tokens + (reply.prompt_tokens or 0),
            used.completion_tokens + reply.tokens,
            estimated=used.estimated or reply.tokens_estimated,
        )
