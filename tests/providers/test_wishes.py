"""What a request may say beyond its messages, in the words of each wire."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from providers.adapters.anthropic_request import JSON_OBJECT
from providers.catalogue import CatalogueEntry
from providers.port import (
    ChatMessage,
    ChatRequest,
    Finished,
    JsonSchema,
    Picture,
    RequestRefused,
    Tool,
    ToolCall,
    ToolNamed,
)
from providers.registry import make_provider
from tests.providers.asking import MODEL, config_for, hear, question

if TYPE_CHECKING:
    from providers.port import Provider, ToolChoice
    from tests.fake_provider import FakeProvider

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
SEARCH = Tool("search", "Look something up.", SCHEMA)


async def sent(provider: Provider, fake: FakeProvider, **wanted: Any) -> dict[str, Any]:
    """Ask, and return what the provider got."""
    await hear(provider.stream(replace(question(temperature=None), **wanted)))
    return fake.calls[-1].body


async def test_sampling_is_said_in_the_words_of_the_wire(provider: Provider, fake: FakeProvider, wire: str) -> None:
    said = {"top_p": 0.5, "top_k": 20, "seed": 7, "presence_penalty": 0.5, "frequency_penalty": -0.5}

    body = await sent(provider, fake, **said, user_label="u-1")

    spoken = {"top_p", "top_k"} if wire == "anthropic" else said.keys()
    assert {name: body[name] for name in said if name in body} == {name: said[name] for name in spoken}
    assert (body["metadata"]["user_id"] if wire == "anthropic" else body["user"]) == "u-1"


async def test_answer_ends_at_a_text(provider: Provider, fake: FakeProvider, wire: str) -> None:
    body = await sent(provider, fake, stop=("END", "\n\nYou:"))

    assert body["stop_sequences" if wire == "anthropic" else "stop"] == ["END", "\n\nYou:"]


async def test_anthropic_says_which_text_ended_an_answer(fake: FakeProvider) -> None:
    request = replace(question("Say [[fake: text='one END two']]"), stop=("never", "END"))

    heard = await hear(make_provider(config_for("anthropic", fake)).stream(request))

    assert heard.text == "one "
    assert heard.events[-1] == Finished("stop", "END")


async def test_text_that_ends_an_answer_is_no_part_of_it(provider: Provider) -> None:
    heard = await hear(provider.stream(replace(question("Say [[fake: text='one END two']]"), stop=("END",))))

    assert (heard.text, heard.finishes) == ("one ", ["stop"])


async def test_white_space_ends_no_answer_of_anthropic(fake: FakeProvider) -> None:
    provider = make_provider(config_for("anthropic", fake))

    with pytest.raises(RequestRefused, match="Anthropic cannot end an answer at white space"):
        await sent(provider, fake, stop=("\n",))
    assert fake.calls == []


CHOICES: list[tuple[ToolChoice, Any, dict[str, str]]] = [
    ("auto", "auto", {"type": "auto"}),
    ("none", "none", {"type": "none"}),
    ("required", "required", {"type": "any"}),
    (ToolNamed("search"), {"type": "function", "function": {"name": "search"}}, {"type": "tool", "name": "search"}),
]


@pytest.mark.parametrize("case", CHOICES, ids=str)
async def test_tools_are_chosen(
    provider: Provider, fake: FakeProvider, wire: str, case: tuple[ToolChoice, Any, dict[str, str]]
) -> None:
    choice, openai, anthropic = case

    body = await sent(provider, fake, tools=(SEARCH,), tool_choice=choice)

    assert body["tool_choice"] == (anthropic if wire == "anthropic" else openai)


async def test_tool_that_must_be_called_is(provider: Provider) -> None:
    request = replace(question(), tools=(SEARCH, Tool("clock", "", {"type": "object"})), tool_choice=ToolNamed("clock"))

    heard = await hear(provider.stream(request))

    assert [event.name for event in heard.events if isinstance(event, ToolCall)] == ["clock"]
    assert heard.finishes == ["tool_calls"]


@pytest.mark.parametrize("parallel", [True, False])
async def test_calls_at_once_are_allowed_or_not(
    provider: Provider, fake: FakeProvider, wire: str, *, parallel: bool
) -> None:
    body = await sent(provider, fake, tools=(SEARCH,), parallel_tools=parallel)

    if wire == "anthropic":
        assert body["tool_choice"] == {"type": "auto", "disable_parallel_tool_use": not parallel}
    else:
        assert body["parallel_tool_calls"] is parallel


async def test_strictness_of_a_tool_is_said(provider: Provider, fake: FakeProvider, wire: str) -> None:
    tool = (await sent(provider, fake, tools=(replace(SEARCH, strict=True),)))["tools"][0]

    assert (tool if wire == "anthropic" else tool["function"])["strict"] is True


async def test_choice_without_tools_is_not_said(provider: Provider, fake: FakeProvider) -> None:
    body = await sent(provider, fake, tool_choice="none", parallel_tools=False)

    assert not {"tool_choice", "parallel_tool_calls", "tools"} & body.keys()


async def test_json_is_asked_for(provider: Provider, fake: FakeProvider, wire: str) -> None:
    body = await sent(provider, fake, response_format="json_object")

    if wire == "anthropic":
        assert body["system"] == JSON_OBJECT
    else:
        assert body["response_format"] == {"type": "json_object"}


async def test_schema_is_asked_for(provider: Provider, fake: FakeProvider, wire: str) -> None:
    body = await sent(provider, fake, response_format=JsonSchema("place", SCHEMA, strict=True, description="Where."))

    if wire == "anthropic":
        assert body["output_config"] == {"format": {"type": "json_schema", "schema": SCHEMA}}
    else:
        told = {"name": "place", "schema": SCHEMA, "strict": True, "description": "Where."}
        assert body["response_format"] == {"type": "json_schema", "json_schema": told}


async def test_plain_text_is_asked_for(provider: Provider, fake: FakeProvider, wire: str) -> None:
    body = await sent(provider, fake, response_format="text")

    assert body.get("response_format") == (None if wire == "anthropic" else {"type": "text"})
    assert not {"output_config", "system"} & body.keys()


# --- thinking -----------------------------------------------------------------------------------------------------


async def test_openai_is_told_how_hard_to_think(fake: FakeProvider) -> None:
    body = await sent(make_provider(config_for("openai", fake)), fake, reasoning_effort="minimal")

    assert body["reasoning_effort"] == "minimal"


async def test_newer_models_of_anthropic_are_told_how_hard_to_think(fake: FakeProvider) -> None:
    wanted: dict[str, Any] = {"temperature": 0.7, "response_format": JsonSchema("place", SCHEMA)}

    body = await sent(make_provider(config_for("anthropic", fake)), fake, reasoning_effort="minimal", **wanted)

    assert body["thinking"] == {"type": "adaptive", "display": "summarized"}
    assert body["output_config"] == {"format": {"type": "json_schema", "schema": SCHEMA}, "effort": "low"}
    assert "temperature" not in body


@pytest.mark.parametrize(("most", "budget"), [(100_000, 8_192), (6_000, 3_000), (2_000, None)])
async def test_older_models_of_anthropic_are_told_how_long(fake: FakeProvider, most: int, budget: int | None) -> None:
    wanted: dict[str, Any] = {"model": "claude-sonnet-4-5", "max_output_tokens": most, "reasoning_effort": "medium"}

    body = await sent(make_provider(config_for("anthropic", fake)), fake, **wanted)

    assert body.get("thinking") == ({"type": "enabled", "budget_tokens": budget} if budget else None)
    assert "output_config" not in body


async def test_thinking_is_switched_off(fake: FakeProvider) -> None:
    options = {"thinking": {"type": "adaptive"}, "output_config": {"effort": "high"}}

    body = await sent(make_provider(config_for("anthropic", fake)), fake, reasoning_effort="none", options=options)

    assert body["thinking"] == {"type": "disabled"}
    assert body["output_config"] == {"effort": "high"}


async def test_tool_that_must_be_called_leaves_no_thinking(fake: FakeProvider) -> None:
    wanted: dict[str, Any] = {"tools": (SEARCH,), "tool_choice": "required", "reasoning_effort": "high"}

    body = await sent(make_provider(config_for("anthropic", fake)), fake, **wanted)

    assert not {"thinking", "output_config"} & body.keys()


# --- what a wire wants of messages --------------------------------------------------------------------------------

CALL = ToolCall("functions.look:0", "look", '{"at": "the sky"}')
PICTURE = Picture("image/png", 8, 8, "AAAA")
LOOKED = (
    ChatMessage("user", "Look."),
    ChatMessage("assistant", "", tool_calls=(CALL,)),
    ChatMessage("user", "Well?"),
    ChatMessage("tool", "It failed.", tool_call_id=CALL.id, pictures=(PICTURE,), is_error=True),
)


async def test_anthropic_gets_what_tools_answered_first(fake: FakeProvider) -> None:
    body = await sent(make_provider(config_for("anthropic", fake)), fake, messages=LOOKED)

    source = {"type": "base64", "media_type": "image/png", "data": "AAAA"}
    shown = [{"type": "image", "source": source}, {"type": "text", "text": "It failed."}]
    result = {"type": "tool_result", "tool_use_id": "functions_look_0", "content": shown, "is_error": True}
    assert body["messages"][-1] == {"role": "user", "content": [result, {"type": "text", "text": "Well?"}]}
    assert body["messages"][1]["content"][0]["id"] == "functions_look_0"


async def test_tools_that_were_called_are_named_to_anthropic(fake: FakeProvider) -> None:
    body = await sent(make_provider(config_for("anthropic", fake)), fake, messages=LOOKED)

    assert body["tools"] == [{"name": "look", "input_schema": {"type": "object"}}]
    assert body["tool_choice"] == {"type": "none"}


async def test_openai_is_shown_a_tools_pictures_after_the_answers_of_all(fake: FakeProvider) -> None:
    last = ChatMessage("tool", "Done.", tool_call_id="b")

    body = await sent(make_provider(config_for("openai", fake)), fake, messages=(*LOOKED, last))

    roles = [message["role"] for message in body["messages"]]
    assert roles == ["user", "assistant", "user", "tool", "tool", "user"]
    assert [part["type"] for part in body["messages"][-1]["content"]] == ["image_url"]
    assert body["messages"][3] == {"role": "tool", "content": "It failed.", "tool_call_id": CALL.id}


async def test_words_of_the_system_alone_are_a_question(provider: Provider, fake: FakeProvider, wire: str) -> None:
    body = await sent(provider, fake, messages=(ChatMessage("system", "Say hello."),))

    role = "user" if wire == "anthropic" else "system"
    assert body["messages"] == [{"role": role, "content": "Say hello."}]


# --- what a model does not take -----------------------------------------------------------------------------------


async def test_wrong_value_takes_the_option_from_nobody(fake: FakeProvider) -> None:
    provider = make_provider(config_for("openai", fake))
    words = "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 3 instead."
    fake.script(status=400, message=words, error_param="temperature", error_code="decimal_above_max_value")

    with pytest.raises(RequestRefused):
        await sent(provider, fake, temperature=3.0)
    assert (await sent(provider, fake, temperature=0.5))["temperature"] == 0.5


async def test_one_effort_that_is_refused_leaves_the_others(fake: FakeProvider) -> None:
    provider = make_provider(config_for("openai", fake))
    words = "Unsupported value: 'reasoning_effort' does not support 'xhigh' with this model."
    fake.script(status=400, message=words, error_param="reasoning_effort", error_code="unsupported_value")

    efforts = [(await sent(provider, fake, reasoning_effort=one)).get("reasoning_effort") for one in ("xhigh", "low")]

    assert efforts == [None, "low"]
    assert "reasoning_effort" not in await sent(provider, fake, reasoning_effort="xhigh")
    assert len(fake.calls) == 4


def test_chat_adds_no_temperature_of_its_own_to_other_sampling() -> None:
    entry = CatalogueEntry("local/any", "local", "Local", "any", "Any", 8_192, temperature=0.7)
    request = ChatRequest(MODEL, (ChatMessage("user", "Hi"),))

    assert entry.fit(request).temperature == 0.7
    assert entry.fit(replace(request, top_p=0.5)).temperature is None
    assert entry.fit(replace(request, top_p=0.5, temperature=0.2)).temperature == 0.2
