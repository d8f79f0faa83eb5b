"""What a run notes of its calls."""

from __future__ import annotations

from conversations.draft import Draft
from conversations.tally import Tally
from providers.models import Outcome
from providers.money.ledger import Call
from providers.port import (
    Accepted,
    CallBegun,
    CallFailed,
    ChatMessage,
    PromptRead,
    ProviderUnavailable,
    TextDelta,
    Usage,
)
from providers.tokens import estimate_prompt_tokens

QUESTION = (ChatMessage("user", "What is it?"),)
MODEL = "lab/one"


def tally_of(*events: CallBegun | CallFailed | Accepted | PromptRead | TextDelta | Usage) -> Tally:
    tally, draft = Tally(QUESTION), Draft()
    for event in events:
        tally.note(event)
        if isinstance(event, TextDelta):
            draft.append(event.text)
    tally.close(Outcome.STOPPED, "", draft)
    return tally


def test_stopped_call_costs_a_guess() -> None:
    tally = tally_of(CallBegun(MODEL, 7), Accepted(), TextDelta("Four"))
    guess = Usage(estimate_prompt_tokens(QUESTION), 1, estimated=True)
    assert tally.calls == [Call(MODEL, 7, guess, Outcome.STOPPED)]


def test_stopped_call_costs_the_prompt_that_was_counted() -> None:
    tally = tally_of(CallBegun(MODEL, 7), Accepted(), PromptRead(700, 500, 60), TextDelta("Four"))
    known = Usage(700, 1, estimated=True, cached_tokens=500, cache_write_tokens=60)
    assert tally.calls == [Call(MODEL, 7, known, Outcome.STOPPED)]


def test_call_that_was_not_accepted_costs_nothing() -> None:
    failed = CallFailed(ProviderUnavailable("It is away."))
    tally = tally_of(CallBegun(MODEL, 7), failed, CallBegun("lab/two", None), Accepted(), Usage(3, 4))
    assert tally.calls == [
        Call(MODEL, 7, None, Outcome.FAILED, "provider_unavailable"),
        Call("lab/two", None, Usage(3, 4), Outcome.STOPPED),
    ]
    assert tally.model == "lab/two"
