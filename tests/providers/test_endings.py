"""How answers go that are no plain ones: reasoning models, refusals, limits, usage that is not told, late faults.

Each holds for every adapter, over real connections to the fake provider.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from providers.port import (
    Accepted,
    ContextTooLong,
    Finished,
    ProviderError,
    ProviderUnavailable,
    RateLimited,
    ReasoningDelta,
    StreamInterrupted,
    TextDelta,
    Usage,
)
from providers.registry import make_provider
from providers.tokens import estimate_prompt_tokens, estimate_tokens
from tests.fake_provider import filler
from tests.providers.asking import Heard, ask, config_for, question

if TYPE_CHECKING:
    from providers.port import Provider
    from tests.fake_provider import FakeProvider

LENGTH = {"anthropic": "max_tokens"}
FILTER = {"anthropic": "refusal"}
PROMPT = estimate_prompt_tokens(question().messages)


# --- reasoning models ---------------------------------------------------------------------------------------------


async def test_reasoning_model_thinks_first_and_says_what_it_cost(provider: Provider, fake: FakeProvider) -> None:
    fake.script(reasoning=90, text="So it is.")

    heard = await ask(provider)

    kinds = [type(event) for event in heard.events if isinstance(event, ReasoningDelta | TextDelta)]
    assert kinds == sorted(kinds, key=[ReasoningDelta, TextDelta].index)
    assert (heard.reasoning, heard.text) == (filler(90), "So it is.")
    thought = estimate_tokens(filler(90))
    assert heard.usages == [Usage(PROMPT, estimate_tokens("So it is.") + thought, reasoning_tokens=thought)]


async def test_reasoning_that_is_not_shown_is_counted_all_the_same(provider: Provider, fake: FakeProvider) -> None:
    fake.script(reasoning_tokens=640, text="So it is.")

    heard = await ask(provider)

    assert heard.reasoning == ""
    assert heard.usages == [Usage(PROMPT, 640 + estimate_tokens("So it is."), reasoning_tokens=640)]


async def test_reasoning_model_that_refuses_options_is_asked_without_them(
    provider: Provider, fake: FakeProvider, wire: str
) -> None:
    """One refusal for each option, then never again; the limit on the answer stays, under its other name."""
    refused = ("temperature",) if wire == "anthropic" else ("temperature", "max_tokens")
    fake.script(refuse=refused, reasoning=20, text="So.", times=10)

    heard = [await ask(provider), await ask(provider)]

    assert [one.text for one in heard] == ["So.", "So."]
    assert len(fake.calls) == 2 + len(refused)
    sent = fake.calls[-1].body
    assert "temperature" not in sent
    assert sent["max_tokens" if wire == "anthropic" else "max_completion_tokens"] == 2000


async def test_thinking_that_takes_the_whole_limit_ends_as_length(
    provider: Provider, fake: FakeProvider, wire: str
) -> None:
    fake.script(reasoning=60, text="", finish=LENGTH.get(wire, "length"))

    heard = await ask(provider)

    assert (heard.reasoning, heard.text, heard.finishes) == (filler(60), "", ["length"])


# --- refusals and limits ------------------------------------------------------------------------------------------


async def test_refusal_keeps_its_words_and_says_that_it_is_one(
    provider: Provider, fake: FakeProvider, wire: str
) -> None:
    fake.script(text="I cannot help with that.", refusal=True, finish=FILTER.get(wire, "stop"))

    heard = await ask(provider)

    assert (heard.text, heard.finishes) == ("I cannot help with that.", ["content_filter"])


@pytest.mark.parametrize("text", ["", "Half of it"])
async def test_content_filter_keeps_what_came(provider: Provider, fake: FakeProvider, wire: str, text: str) -> None:
    fake.script(text=text, finish=FILTER.get(wire, "content_filter"))

    heard = await ask(provider)

    assert (heard.text, heard.finishes) == (text, ["content_filter"])


async def test_answer_at_its_limit_says_so(provider: Provider, fake: FakeProvider, wire: str) -> None:
    fake.script(chars=100, finish=LENGTH.get(wire, "length"))

    heard = await ask(provider)

    assert (heard.text, heard.finishes) == (filler(100), ["length"])


async def test_conversation_that_is_too_long_is_told_apart(provider: Provider, fake: FakeProvider) -> None:
    fake.script(context_too_long=True)
    heard = Heard()

    with pytest.raises(ContextTooLong, match="too long"):
        await ask(provider, heard=heard)

    assert heard.events == [], "it was not accepted"
    assert len(fake.calls) == 1


# --- usage --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("usage", ["missing", "null", "nonsense"])
async def test_usage_that_is_not_told_is_no_usage(provider: Provider, fake: FakeProvider, usage: str) -> None:
    fake.script(text="So.", usage=usage)

    heard = await ask(provider)

    assert (heard.text, heard.usages, heard.finishes) == ("So.", [], ["stop"])


async def test_cached_tokens_are_part_of_the_prompt_and_told_apart(provider: Provider, fake: FakeProvider) -> None:
    fake.script(text="So.", prompt_tokens=5_000, cached_tokens=4_000, cache_write_tokens=600)

    heard = await ask(provider)

    (usage,) = heard.usages
    assert usage == Usage(5_000, estimate_tokens("So."), cached_tokens=4_000, cache_write_tokens=600)


USAGES = {
    '{"prompt_tokens": 9, "completion_tokens": 4}': Usage(9, 4),
    '{"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 20}': Usage(9, 11),
    '{"prompt_tokens": 9, "completion_tokens": 4, "prompt_tokens_details": {"cached_tokens": 99}}': Usage(
        9, 4, cached_tokens=9
    ),
    '{"prompt_tokens": 9, "completion_tokens": 4, "completion_tokens_details": {"reasoning_tokens": -1}}': Usage(9, 4),
    '{"prompt_tokens": 9, "completion_tokens": 4, "prompt_tokens_details": [], "total_tokens": null}': Usage(9, 4),
    '{"prompt_tokens": true, "completion_tokens": 4}': None,
    '{"prompt_tokens": 9.5, "completion_tokens": 4}': None,
    '{"prompt_tokens": 99999999999999, "completion_tokens": 4}': None,
}


@pytest.mark.parametrize("told", USAGES)
async def test_figures_of_compatible_servers_are_read_with_care(fake: FakeProvider, told: str) -> None:
    chunk = b'data: {"choices":[{"delta":{"content":"So."},"finish_reason":"stop"}],"usage":%b}\n\ndata: [DONE]\n\n'
    fake.script(raw=(chunk % told.encode(),))

    heard = await ask(make_provider(config_for("local", fake)))

    assert heard.usages == [USAGES[told]] if USAGES[told] else heard.usages == []


# --- faults after the acceptance ----------------------------------------------------------------------------------


@pytest.mark.parametrize("place", [0, 30])
@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"error_type": "overloaded_error"}, ProviderUnavailable),
        ({"error_type": "rate_limit_error"}, RateLimited),
        ({"error_type": "never heard of"}, StreamInterrupted),
    ],
    ids=["overloaded", "too many", "unknown"],
)
async def test_error_inside_an_answer_keeps_what_came_and_is_named(
    provider: Provider, fake: FakeProvider, place: int, error: dict[str, Any], kind: type[ProviderError]
) -> None:
    fake.script(chars=100, error_at=place, **error)
    heard = Heard()

    with pytest.raises(ProviderError) as caught:
        await ask(provider, heard=heard)

    assert type(caught.value) is kind
    assert isinstance(heard.events[0], Accepted)
    assert heard.text == filler(place)
    assert not any(isinstance(event, Finished) for event in heard.events)


@pytest.mark.parametrize("status", [401, 429, 503])
async def test_what_is_refused_is_not_accepted(provider: Provider, fake: FakeProvider, status: int) -> None:
    fake.script(status=status)
    heard = Heard()

    with pytest.raises(ProviderError):
        await ask(provider, heard=heard)

    assert heard.events == []


async def test_page_instead_of_an_answer_is_not_accepted(provider: Provider, fake: FakeProvider) -> None:
    fake.script(html=True)
    heard = Heard()

    with pytest.raises(ProviderUnavailable, match="operator"):
        await ask(provider, heard=heard)

    assert heard.events == []


async def test_acceptance_comes_before_the_first_word(provider: Provider, fake: FakeProvider) -> None:
    fake.script(hang=0)
    events = provider.stream(question())

    assert isinstance(await anext(events), Accepted)

    await events.aclose()
