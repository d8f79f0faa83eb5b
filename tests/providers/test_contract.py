"""What every adapter promises, over real connections to the fake provider."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import pytest

from providers.port import Accepted, Finished, PromptRead, ReasoningDelta, TextDelta, Usage
from providers.registry import make_provider
from providers.tokens import estimate_prompt_tokens, estimate_tokens
from tests.fake_provider import Behaviour, answer_to, filler
from tests.providers.asking import MODEL, ask, config_for, question

if TYPE_CHECKING:
    from providers.port import Provider
    from tests.fake_provider import FakeProvider

HARD_TEXT = "Grüße, 漢字, 🎉\u2028and\u2029two\x85lines\x0b\x0c — \u200d\ufeff end"


async def test_answer_comes_whole_and_in_order(provider: Provider) -> None:
    heard = await ask(provider, "What is new?")

    assert heard.text == answer_to("What is new?")
    kinds = heard.said
    assert kinds[0] is Accepted
    assert kinds[-2:] == [Usage, Finished]
    assert set(kinds[1:-2]) == {TextDelta}
    assert heard.finishes == ["stop"]
    prompt = estimate_prompt_tokens(question("What is new?").messages)
    assert heard.usages == [Usage(prompt, estimate_tokens(heard.text))]


async def test_prompt_is_counted_before_the_answer_where_the_wire_does(fake: FakeProvider) -> None:
    fake.script(hang=0, prompt_tokens=700, cached_tokens=500, cache_write_tokens=60)
    events = make_provider(config_for("anthropic", fake)).stream(question())

    assert isinstance(await anext(events), Accepted)
    assert await anext(events) == PromptRead(700, 500, 60)
    await events.aclose()


@pytest.mark.parametrize(
    "oddity",
    [
        {"crlf": True},
        {"nospace": True},
        {"multiline": True},
        {"comments": True},
        {"write_size": 1},
        {"write_size": 7, "crlf": True},
        {"unknown_events": True},
        {"empty_deltas": True},
        {"empty_choices": True},
        {"duplicate_finish": True},
        {"late": True},
        {"late": True, "no_done": True},
        {"no_done": True},
        {"no_finish": True},
        {"bad_json": 2},
        {"long_line": 900_000},
        {"chunk": 1},
        {"chunk": 100_000},
    ],
    ids=str,
)
async def test_odd_streams_give_the_same_answer(provider: Provider, fake: FakeProvider, oddity: dict[str, Any]) -> None:
    fake.script(text=HARD_TEXT, **oddity)

    heard = await ask(provider)

    assert heard.text == HARD_TEXT
    assert heard.finishes == ["stop"]
    assert isinstance(heard.events[-1], Finished)


async def test_two_characters_cut_in_half_are_replaced(provider: Provider, fake: FakeProvider, wire: str) -> None:
    """Servers that count UTF-16 can cut an emoji in two; the halves are no characters, the rest is kept."""
    halves = b'"\\ud83c"', b'"\\udf89 fine"'
    if wire == "anthropic":
        delta = b'data: {"type":"content_block_delta","delta":{"type":"text_delta","text":%b}}\n\n'
        end = b'data: {"type":"message_delta","delta":{"stop_reason":"end_turn"}}\n\ndata: {"type":"message_stop"}\n\n'
    else:
        delta = b'data: {"choices":[{"delta":{"content":%b}}]}\n\n'
        end = b"data: [DONE]\n\n"
    fake.script(raw=(*(delta % half for half in halves), end))

    heard = await ask(provider)

    assert heard.text.endswith(" fine")
    heard.text.encode()


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning"])
async def test_reasoning_is_told_from_the_answer(provider: Provider, fake: FakeProvider, name: str) -> None:
    fake.script(reasoning=100, reasoning_field=name, text="So it is.")

    heard = await ask(provider)

    assert heard.reasoning == filler(100)
    assert heard.text == "So it is."
    assert heard.said[1] is ReasoningDelta


FINISHES = {
    "anthropic": {
        "end_turn": "stop",
        "stop_sequence": "stop",
        "tool_use": "tool_calls",
        "max_tokens": "length",
        "model_context_window_exceeded": "length",
        "pause_turn": "length",
        "refusal": "content_filter",
        "never heard of": "stop",
    },
    "openai": {
        "stop": "stop",
        "tool_calls": "tool_calls",
        "length": "length",
        "content_filter": "content_filter",
        "eos": "stop",
    },
}


@pytest.mark.parametrize(
    ("wire", "told", "reason"), [(wire, *pair) for wire, table in FINISHES.items() for pair in table.items()]
)
async def test_finish_reasons_are_translated(fake: FakeProvider, wire: str, told: str, reason: str) -> None:
    fake.script(finish=told)

    heard = await ask(make_provider(config_for(wire, fake)))

    assert heard.finishes == [reason]


async def test_body_may_end_without_a_last_newline(fake: FakeProvider) -> None:
    fake.script(raw=(b'data: {"choices":[{"delta":{"content":"All."},"finish_reason":"stop"}]}',))

    heard = await ask(make_provider(config_for("local", fake)))

    assert (heard.text, heard.finishes) == ("All.", ["stop"])


async def test_shapes_nobody_promised_are_survived(fake: FakeProvider) -> None:
    lines = (
        '{"choices": {"0": 1}}',
        '{"choices": [17]}',
        '{"choices": [{"delta": [1], "finish_reason": 5}]}',
        '{"choices": [{"delta": {"content": ["parts"], "reasoning": 3}}], "usage": "many"}',
        '{"choices": [{"delta": {"content": "good"}, "finish_reason": "stop"}]}',
    )
    fake.script(raw=tuple(f"data: {line}\n\n".encode() for line in lines))

    heard = await ask(make_provider(config_for("openai", fake)))

    assert (heard.text, heard.finishes) == ("good", ["stop"])


@pytest.mark.parametrize("place", ["headers", "first token", "middle"])
@pytest.mark.parametrize("way", ["cancel", "close"])
async def test_leaving_closes_the_connection_at_once(
    provider: Provider, fake: FakeProvider, place: str, way: str
) -> None:
    behaviours = {
        "headers": Behaviour(headers_delay=60),
        "first token": Behaviour(hang=0),
        "middle": Behaviour(chars=100, chunk=20, hang=20),
    }
    fake.script(behaviours[place])
    events = provider.stream(question())
    if place == "middle":
        while not isinstance(await anext(events), TextDelta):
            pass
    waiting = asyncio.ensure_future(anext(events) if way == "cancel" or place != "middle" else asyncio.sleep(0))
    call = await fake.next_call()

    left_at = time.time()
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    if way == "close":
        await events.aclose()

    await call.wait_ended()
    assert call.state == "client_closed"
    assert call.ended_at is not None
    assert call.ended_at - left_at < 1


async def test_answers_at_the_same_time_do_not_mix(provider: Provider) -> None:
    asked = [f"Question {number}" for number in range(40)]

    heard = await asyncio.gather(*(ask(provider, text) for text in asked))

    assert [one.text for one in heard] == [answer_to(text) for text in asked]


async def test_connections_are_used_again(provider: Provider, fake: FakeProvider) -> None:
    for _ in range(3):
        await ask(provider)

    assert fake.open_connections == 1


async def test_model_names_arrive_as_they_are(provider: Provider, fake: FakeProvider) -> None:
    await ask(provider)

    call = fake.calls[0]
    assert call.model == MODEL
    assert call.body["stream"] is True
    assert call.body["max_tokens"] == 2000
    assert call.body["temperature"] == 0.7


@pytest.mark.parametrize("temperature", [0.0, None])
async def test_temperature_zero_is_sent_and_none_is_not(
    provider: Provider, fake: FakeProvider, temperature: float | None
) -> None:
    async for _ in provider.stream(question(temperature=temperature)):
        pass

    assert fake.calls[0].body.get("temperature") == temperature
    assert ("temperature" in fake.calls[0].body) == (temperature is not None)


async def test_models_are_listed(provider: Provider, fake: FakeProvider, wire: str) -> None:
    models = await provider.list_models()

    listed = fake.anthropic_models if wire == "anthropic" else fake.openai_models
    assert [model.name for model in models] == [one["id"] for one in listed]
    assert all(model.label for model in models)
