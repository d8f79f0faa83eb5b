"""What a run notes of its calls."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

import pytest

from conversations.draft import Draft
from conversations.models import Message
from conversations.tally import Tally
from providers.gateway import get_gateway
from providers.models import Outcome
from providers.money.account import THINKING_RATE, guess_thinking
from providers.money.ledger import LARGEST_COUNT, Call
from providers.port import (
    Accepted,
    CallBegun,
    CallFailed,
    ChatMessage,
    PromptRead,
    ProviderConfig,
    ProviderTimeout,
    ProviderUnavailable,
    ReasoningDelta,
    TextDelta,
    Usage,
)
from providers.tokens import estimate_prompt_tokens
from tests.money.paying import a_dollar_each, make_model

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django.fixtures import Settings

    from providers.port import StreamEvent

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


def test_call_that_failed_before_a_word_costs_what_its_provider_counted_or_nothing() -> None:
    failed = CallFailed(ProviderTimeout("It says nothing."))
    silent = (CallBegun(MODEL, 7), Accepted(), PromptRead(9_000), failed)
    counted = (CallBegun(MODEL, 8), Accepted(), Usage(50, 0), failed)
    tally = tally_of(*silent, *counted, CallBegun(MODEL, 9), Accepted(), Usage(3, 4))
    assert [call.usage for call in tally.calls] == [None, Usage(50, 0), Usage(3, 4)]


# --- thoughts that nobody saw


@pytest.fixture
def thinker(transactional_db: None, settings: Settings) -> Iterator[str]:
    """Let this process know a model that thinks and may write 2,000 tokens."""
    settings.PROVIDERS = (ProviderConfig("lab", "openai", "Lab", "http://models.example/v1", ("sk-test",)),)
    get_gateway.cache_clear()
    make_model("lab/thinker", tiers=a_dollar_each(), has_reasoning=True, output_tokens=2_000)
    make_model("lab/speaker", tiers=a_dollar_each(), has_reasoning=False)
    yield "lab/thinker"
    get_gateway.cache_clear()


def thought_of(model: str, *events: StreamEvent, seconds: float) -> int:
    """Tell what a call is thought to have thought that is stopped; that long passes before each event and the end."""
    clock = count(0.0, seconds)
    tally, draft = Tally(QUESTION, lambda: next(clock)), Draft()
    for event in (CallBegun(model, 7), Accepted(), *events):
        tally.note(event)
        if isinstance(event, ReasoningDelta):
            draft.reasoning.append(event.text)
    tally.close(Outcome.STOPPED, "", draft)
    usage = tally.calls[0].usage
    assert usage is not None
    assert usage.estimated
    assert usage.completion_tokens == usage.reasoning_tokens
    return usage.reasoning_tokens


def test_hidden_thinking_is_guessed_by_its_time_and_bounded(thinker: str) -> None:
    assert thought_of(thinker, seconds=8) == 8 * THINKING_RATE
    assert thought_of(thinker, TextDelta(""), TextDelta(""), seconds=8) == 8 * THINKING_RATE
    assert thought_of(thinker, seconds=900) == 2_000


def test_hidden_thinking_takes_what_the_words_leave_of_the_limit(thinker: str) -> None:
    assert guess_thinking(thinker, 900, written=1_990) == 10
    assert guess_thinking(thinker, 900, written=2_010) == 0


def test_thinking_that_was_seen_or_cannot_be_is_not_guessed_by_time(thinker: str) -> None:
    assert thought_of(thinker, ReasoningDelta("Four"), seconds=8) == 1
    assert thought_of("lab/speaker", seconds=8) == 0
    assert thought_of("lab/gone", seconds=8) == 0


def test_counts_that_no_table_holds_are_cut() -> None:
    tally = tally_of(CallBegun(MODEL, 7), Accepted(), Usage(3_000_000_000, 2_000_000_000))
    earlier = Message(tokens=2_000_000_000, prompt_tokens=1)
    assert tally.usage_with(earlier) == Usage(LARGEST_COUNT, LARGEST_COUNT)
    assert tally.usage_with(Message()) == Usage(LARGEST_COUNT, 2_000_000_000)
