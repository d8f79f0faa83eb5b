"""What is asked in the shape of Messages, as the port has it."""

from __future__ import annotations

from typing import Any

import pytest

from doors.anthropic_request import read_question, read_request
from doors.fields import BadField
from providers.port import ChatMessage, JsonSchema, Picture, SignedReasoning, Tool, ToolCall, ToolNamed


def body(**fields: Any) -> dict[str, Any]:
    return {"model": "local/llama", "max_tokens": 10, "messages": [{"role": "user", "content": "Hello"}], **fields}


def messages(*content: Any, role: str = "user") -> tuple[ChatMessage, ...]:
    """Read one message of these blocks."""
    return read_request(body(messages=[{"role": role, "content": list(content)}])).request.messages


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words, "cache_control": {"type": "ephemeral"}}


def image(data: str) -> dict[str, Any]:
    return {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": data}}


def test_plain_question_is_read() -> None:
    asked = read_request(body())
    assert asked.request.model == "local/llama"
    assert asked.request.messages == (ChatMessage("user", "Hello"),)
    assert asked.request.max_output_tokens == 10
    assert not asked.is_streamed
    assert not asked.shows_thinking
    assert not asked.is_stored


def test_every_setting_reaches_the_port() -> None:
    asked = read_request(
        body(
            stream=True,
            store=True,
            system=[text("Be brief."), text("Be kind.")],
            temperature=0.5,
            top_p=0.9,
            top_k=4,
            stop_sequences=["END"],
            metadata={"user_id": "u-1"},
            thinking={"type": "enabled", "budget_tokens": 4000},
            output_config={"format": {"type": "json_schema", "schema": {"type": "object"}}},
            service_tier="auto",
        )
    )
    request = asked.request
    assert asked.is_streamed
    assert asked.is_stored
    assert asked.shows_thinking
    assert request.messages[0] == ChatMessage("system", "Be brief.\n\nBe kind.")
    assert (request.temperature, request.top_p, request.top_k, request.stop) == (0.5, 0.9, 4, ("END",))
    assert (request.user_label, request.reasoning_effort) == ("u-1", "medium")
    assert request.response_format == JsonSchema("answer", {"type": "object"})


@pytest.mark.parametrize(
    ("thinking", "effort", "expected"),
    [
        (None, None, None),
        (None, "low", "low"),
        ({"type": "disabled"}, "low", "none"),
        ({"type": "adaptive"}, None, "high"),
        ({"type": "adaptive", "display": "omitted"}, "max", "max"),
        ({"type": "enabled", "budget_tokens": 1024}, None, "low"),
        ({"type": "enabled", "budget_tokens": 30_000}, None, "high"),
    ],
)
def test_thinking_becomes_an_effort(thinking: Any, effort: str | None, expected: str | None) -> None:
    fields = {"thinking": thinking, "output_config": {"effort": effort}}
    assert read_request(body(**fields)).request.reasoning_effort == expected


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ({"type": "auto"}, ("auto", None)),
        ({"type": "any", "disable_parallel_tool_use": True}, ("required", False)),
        ({"type": "tool", "name": "find", "disable_parallel_tool_use": False}, (ToolNamed("find"), True)),
        ({"type": "none"}, ("none", None)),
    ],
)
def test_tools_and_their_choice_are_read(choice: Any, expected: Any) -> None:
    tool = {"name": "find", "description": "Finds.", "input_schema": {"type": "object"}, "strict": True}
    request = read_request(body(tools=[tool], tool_choice=choice)).request
    assert request.tools == (Tool("find", "Finds.", {"type": "object"}, strict=True),)
    assert (request.tool_choice, request.parallel_tools) == expected


def test_tool_turn_comes_before_the_words_beside_it() -> None:
    result = {"type": "tool_result", "tool_use_id": "t1", "content": [text("7"), image("QQ==")], "is_error": True}
    assert messages(text("And now?"), result) == (
        ChatMessage("tool", "7", tool_call_id="t1", pictures=(Picture("image/png", 0, 0, "QQ=="),), is_error=True),
        ChatMessage("user", "And now?"),
    )


def test_tool_may_answer_nothing() -> None:
    assert messages({"type": "tool_result", "tool_use_id": "t1"}) == (ChatMessage("tool", "", tool_call_id="t1"),)


def test_pictures_and_texts_keep_their_order() -> None:
    told = messages(text("First:"), image("QQ=="), text("Second:"), image("Qg=="), text("Which?"))
    first, second = Picture("image/png", 0, 0, "QQ=="), Picture("image/png", 0, 0, "Qg==")
    assert told == (
        ChatMessage("user", "First:"),
        ChatMessage("user", "Second:", pictures=(first,)),
        ChatMessage("user", "Which?", pictures=(second,)),
    )


def test_document_is_read_as_text() -> None:
    source = {"type": "text", "media_type": "text/plain", "data": "words"}
    assert messages({"type": "document", "source": source, "title": "Name"}) == (ChatMessage("user", "Name\n\nwords"),)


def test_answer_comes_back_with_its_calls_and_signed_thoughts() -> None:
    thinking = {"type": "thinking", "thinking": "Hm.", "signature": "s"}
    redacted = {"type": "redacted_thinking", "data": "d"}
    unsigned = {"type": "thinking", "thinking": "Hm.", "signature": ""}
    call = {"type": "tool_use", "id": "t1", "name": "find", "input": {"q": "ü"}}
    assert messages(thinking, redacted, unsigned, text("So:"), call, role="assistant") == (
        ChatMessage(
            "assistant",
            "So:",
            tool_calls=(ToolCall("t1", "find", '{"q":"ü"}'),),
            reasoning=(SignedReasoning(thinking), SignedReasoning(redacted)),
        ),
    )


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"max_tokens": None}, "max_tokens"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_tokens": 1e30}, "max_tokens"),
        ({"model": None}, "model"),
        ({"model": 1}, "model"),
        ({"messages": []}, "messages"),
        ({"messages": {}}, "messages"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages[0].role"),
        ({"messages": [{"role": "user"}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": 1}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": [{"type": "text"}]}]}, "messages[0].content[0].text"),
        ({"messages": [{"role": "user", "content": "x", "name": "y"}]}, "messages[0].name"),
        ({"messages": [{"role": "user", "content": [{"type": "video"}]}]}, "messages[0].content[0].type"),
        ({"temperature": 3}, "temperature"),
        ({"stop_sequences": "x"}, "stop_sequences"),
        ({"tools": [{"type": "web_search_20260318", "name": "web_search"}]}, "tools[0].type"),
        ({"tools": [{"name": "x", "input_schema": []}]}, "tools[0].input_schema"),
        ({"tool_choice": {"type": "tool"}}, "tool_choice.name"),
        ({"thinking": {"type": "enabled"}}, "thinking.budget_tokens"),
        ({"thinking": {"type": "perhaps"}}, "thinking.type"),
        ({"output_config": {"format": {"type": "xml"}}}, "output_config.format.type"),
        ({"mcp_servers": []}, "mcp_servers"),
        ({"n": 100}, "n"),
    ],
)
def test_what_is_wrong_is_refused_with_its_place(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(BadField) as refusal:
        read_request(body(**fields))
    assert refusal.value.param == param


@pytest.mark.parametrize("kind", ["url", "file"])
def test_picture_that_lies_elsewhere_is_not_fetched(kind: str) -> None:
    with pytest.raises(BadField) as refusal:
        messages({"type": "image", "source": {"type": kind, "url": "https://example.org/a.png"}})
    assert refusal.value.param == "messages[0].content[0].source.type"


@pytest.mark.parametrize("told", [None, [], "x", 1])
def test_body_that_is_no_object_is_refused(told: object) -> None:
    with pytest.raises(BadField):
        read_request(told)


def test_question_to_count_needs_no_limit() -> None:
    counted = body(system="Be brief.")
    del counted["max_tokens"]
    assert read_question(counted).messages == (ChatMessage("system", "Be brief."), ChatMessage("user", "Hello"))
