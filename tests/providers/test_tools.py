"""Tools and signed reasoning: what a model asks for comes whole, and goes back as it came."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from providers.port import (
    ChatMessage,
    Finished,
    ReasoningDelta,
    RequestRefused,
    SignedReasoning,
    TextDelta,
    Tool,
    ToolCall,
)
from providers.registry import make_provider
from tests.fake_provider.billing import words_of
from tests.providers.asking import ask, config_for, hear, question

if TYPE_CHECKING:
    from providers.port import ChatRequest, Provider
    from tests.fake_provider import FakeProvider
    from tests.providers.asking import Heard

HARD_THOUGHT = 'Grüße, 漢字 🎉\u2028and\u2029 "quotes" \\ back\\slash\t\r\n <b> & \x0b\x85 \ufeff end '
SCHEMA = {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]}
SEARCH = Tool("search", "Look something up.", SCHEMA)
CLOCK = Tool("clock", "Tell the time.", {"type": "object", "properties": {}})


def with_tools(text: str = "Look it up.") -> ChatRequest:
    return replace(question(text, temperature=None), tools=(SEARCH, CLOCK))


def calls_of(heard: Heard) -> tuple[ToolCall, ...]:
    return tuple(event for event in heard.events if isinstance(event, ToolCall))


def signed_by(heard: Heard) -> tuple[SignedReasoning, ...]:
    return tuple(event for event in heard.events if isinstance(event, SignedReasoning))


def next_turn(request: ChatRequest, heard: Heard, *answers: str) -> ChatRequest:
    """Continue a talk with what the tools answered, as whoever runs tools does."""
    calls = calls_of(heard)
    said = ChatMessage("assistant", heard.text, tool_calls=calls, reasoning=signed_by(heard))
    told = [ChatMessage("tool", text, tool_call_id=call.id) for call, text in zip(calls, answers, strict=True)]
    return replace(request, messages=(*request.messages, said, *told))


async def test_tools_are_offered_in_the_words_of_the_wire(provider: Provider, fake: FakeProvider, wire: str) -> None:
    await hear(provider.stream(with_tools()))
    await ask(provider)

    offered = fake.calls[0].body["tools"][0]
    if wire == "anthropic":
        assert offered == {"name": "search", "description": "Look something up.", "input_schema": SCHEMA}
    else:
        function = {"name": "search", "description": "Look something up.", "parameters": SCHEMA}
        assert offered == {"type": "function", "function": function}
    assert "tools" not in fake.calls[1].body


@pytest.mark.parametrize("arguments", ['{"query": "Zug 7 — 漢字"}', "{}", "{not json"])
async def test_calls_of_tools_come_whole_before_the_end(provider: Provider, fake: FakeProvider, arguments: str) -> None:
    fake.script(text="Let me see.", tools=("search", "clock"), arguments=arguments)

    heard = await hear(provider.stream(with_tools()))

    calls = calls_of(heard)
    assert [(call.name, call.arguments) for call in calls] == [("search", arguments), ("clock", arguments)]
    assert len({call.id for call in calls}) == 2
    assert all(call.id for call in calls)
    assert heard.text == "Let me see."
    assert heard.finishes == ["tool_calls"]
    assert isinstance(heard.events[-1], Finished)


async def test_tools_answers_go_back_in_the_words_of_the_wire(
    provider: Provider, fake: FakeProvider, wire: str
) -> None:
    fake.script(text="Let me see.", tools=("search", "clock"), arguments='{"query": "x"}')
    heard = await hear(provider.stream(with_tools()))

    await hear(provider.stream(next_turn(with_tools(), heard, "found", "noon")))

    first, second = calls_of(heard)
    said = fake.calls[1].body["messages"][1:]
    if wire == "anthropic":
        uses = [
            {"type": "tool_use", "id": one.id, "name": one.name, "input": {"query": "x"}} for one in (first, second)
        ]
        results = [
            {"type": "tool_result", "tool_use_id": first.id, "content": "found"},
            {"type": "tool_result", "tool_use_id": second.id, "content": "noon"},
        ]
        assert said == [
            {"role": "assistant", "content": [{"type": "text", "text": "Let me see."}, *uses]},
            {"role": "user", "content": results},
        ]
    else:
        function = [{"name": one.name, "arguments": '{"query": "x"}'} for one in (first, second)]
        assert said == [
            {
                "role": "assistant",
                "content": "Let me see.",
                "tool_calls": [
                    {"id": first.id, "type": "function", "function": function[0]},
                    {"id": second.id, "type": "function", "function": function[1]},
                ],
            },
            {"role": "tool", "tool_call_id": first.id, "content": "found"},
            {"role": "tool", "tool_call_id": second.id, "content": "noon"},
        ]


async def test_question_after_a_tools_answer_stays_a_turn_of_one_side(fake: FakeProvider) -> None:
    provider = make_provider(config_for("anthropic", fake))
    fake.script(text="", tools=("search",))
    heard = await hear(provider.stream(with_tools()))
    turn = next_turn(with_tools(), heard, "found")

    await hear(provider.stream(replace(turn, messages=(*turn.messages, ChatMessage("user", "And now?")))))

    roles = [message["role"] for message in fake.calls[1].body["messages"]]
    assert roles == ["user", "assistant", "user"]
    assert fake.calls[1].body["messages"][-1]["content"][-1] == {"type": "text", "text": "And now?"}


async def test_signed_reasoning_survives_a_tool_turn_unchanged(fake: FakeProvider) -> None:
    """The fake provider signs each block and refuses one that is not, to the byte, what it signed."""
    provider = make_provider(config_for("anthropic", fake))
    fake.script(thoughts=HARD_THOUGHT, redacted=True, text="Let me see.", tools=("search",), chunk=5)
    request = replace(with_tools(), options={"thinking": {"type": "adaptive"}})
    heard = await hear(provider.stream(request))

    await hear(provider.stream(next_turn(request, heard, "found")))

    blocks = fake.calls[1].body["messages"][1]["content"]
    assert [block["type"] for block in blocks] == ["thinking", "redacted_thinking", "text", "tool_use"]
    assert blocks[0]["thinking"] == heard.reasoning == HARD_THOUGHT
    assert blocks[:2] == [dict(one.block) for one in signed_by(heard)]
    assert fake.calls[1].state == "finished"


async def test_signed_reasoning_survives_being_stored(fake: FakeProvider) -> None:
    provider = make_provider(config_for("anthropic", fake))
    fake.script(thoughts=HARD_THOUGHT, redacted=True, text="", tools=("search",))
    request = replace(with_tools(), options={"thinking": {"type": "adaptive"}})
    heard = await hear(provider.stream(request))
    stored = [SignedReasoning(block) for block in json.loads(json.dumps([dict(one.block) for one in signed_by(heard)]))]
    turn = next_turn(request, heard, "found")
    messages = [replace(one, reasoning=tuple(stored)) if one.reasoning else one for one in turn.messages]

    assert (await hear(provider.stream(replace(turn, messages=tuple(messages))))).finishes == ["stop"]


@pytest.mark.parametrize("change", ["thinking", "signature"])
async def test_changed_reasoning_would_be_refused(fake: FakeProvider, change: str) -> None:
    provider = make_provider(config_for("anthropic", fake))
    fake.script(thoughts="I wonder.", text="", tools=("search",))
    request = replace(with_tools(), options={"thinking": {"type": "adaptive"}})
    heard = await hear(provider.stream(request))
    heard.events = [_hurt(event, change) for event in heard.events]

    with pytest.raises(RequestRefused):
        await hear(provider.stream(next_turn(request, heard, "found")))


async def test_turn_without_its_reasoning_is_asked_without_thinking(fake: FakeProvider) -> None:
    """Wires that know no signed reasoning cannot give it back; with thinking this wire would refuse the turn."""
    provider = make_provider(config_for("anthropic", fake))
    fake.script(thoughts="I wonder.", text="", tools=("search",))
    request = replace(with_tools(), reasoning_effort="high", options={"thinking": {"type": "adaptive"}})
    heard = await hear(provider.stream(request))
    heard.events = [event for event in heard.events if not _is_signed(event)]

    assert (await hear(provider.stream(next_turn(request, heard, "found")))).finishes == ["stop"]
    assert ["thinking" in call.body for call in fake.calls] == [True, False]


def _is_signed(event: Any) -> bool:
    return isinstance(event, SignedReasoning)


def _hurt(event: Any, part: str) -> Any:
    return SignedReasoning({**event.block, part: event.block[part] + " "}) if _is_signed(event) else event


async def test_thinking_and_words_come_in_order_around_the_signature(fake: FakeProvider) -> None:
    fake.script(thoughts="I wonder.", text="So.", chunk=100)

    heard = await ask(make_provider(config_for("anthropic", fake)))

    assert heard.said[1:4] == [ReasoningDelta, SignedReasoning, TextDelta]


async def test_reasoning_is_never_sent_as_text(provider: Provider, fake: FakeProvider) -> None:
    fake.script(thoughts="a secret thought", text="", tools=("search",))
    heard = await hear(provider.stream(with_tools()))
    await hear(provider.stream(next_turn(with_tools(), heard, "found")))

    contents = [one["content"] or "" for one in fake.calls[1].body["messages"]]
    blocks = [[part for part in one if "thinking" not in part] if isinstance(one, list) else one for one in contents]
    assert not any("secret" in words_of(one) for one in blocks)


# --- what servers do differently ----------------------------------------------------------------------------------


async def heard_of(fake: FakeProvider, *deltas: str, finish: str = "tool_calls") -> Heard:
    chunks = [f'data: {{"choices":[{{"delta":{delta},"finish_reason":null}}]}}\n\n' for delta in deltas]
    end = f'data: {{"choices":[{{"delta":{{}},"finish_reason":"{finish}"}}]}}\n\ndata: [DONE]\n\n'
    fake.script(raw=tuple(part.encode() for part in (*chunks, end)))
    return await ask(make_provider(config_for("local", fake)))


async def test_whole_calls_without_index_and_id_are_told_apart(fake: FakeProvider) -> None:
    call = '{"tool_calls":[{"function":{"name":"%s","arguments":"{}"}}]}'

    heard = await heard_of(fake, call % "a", call % "b", finish="stop")

    assert calls_of(heard) == (ToolCall("call_0", "a", "{}"), ToolCall("call_1", "b", "{}"))
    assert heard.finishes == ["tool_calls"]


async def test_arguments_may_come_as_an_object(fake: FakeProvider) -> None:
    heard = await heard_of(fake, '{"tool_calls":[{"id":"c","function":{"name":"a","arguments":{"n":1}}}]}')

    assert calls_of(heard) == (ToolCall("c", "a", '{"n":1}'),)


async def test_calls_that_were_cut_at_the_limit_are_none(fake: FakeProvider) -> None:
    delta = '{"tool_calls":[{"index":0,"id":"c","function":{"name":"a","arguments":"{\\"que"}}]}'

    heard = await heard_of(fake, delta, finish="length")

    assert calls_of(heard) == ()
    assert heard.finishes == ["length"]


@pytest.mark.parametrize("odd", ["null", "7", '["a"]', "[null, {}]", '[{"index": [], "function": 3}]'])
async def test_odd_calls_are_survived(fake: FakeProvider, odd: str) -> None:
    heard = await heard_of(fake, f'{{"content":"good","tool_calls":{odd}}}', finish="stop")

    assert (heard.text, calls_of(heard), heard.finishes) == ("good", (), ["stop"])
