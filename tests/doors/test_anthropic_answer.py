"""An answer in the shape of Messages, read by the reading of the official client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import pytest
from anthropic.types import Message, RawMessageStreamEvent
from pydantic import TypeAdapter

from doors.anthropic_answer import BrokenToolCall, MessageStream, WholeMessage
from providers.port import (
    Accepted,
    Finished,
    PromptRead,
    ReasoningDelta,
    SignedReasoning,
    TextDelta,
    ToolCall,
    Usage,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from providers.port import StreamEvent

EVENT: TypeAdapter[Any] = TypeAdapter(RawMessageStreamEvent)
SIGNED = SignedReasoning({"type": "thinking", "thinking": "Hm. Yes.", "signature": "s"})
REDACTED = SignedReasoning({"type": "redacted_thinking", "data": "d"})
CALL = ToolCall("t1", "find", '{"q": "Zug"}')
ANSWER: tuple[StreamEvent, ...] = (
    Accepted(),
    PromptRead(9, cached_tokens=2),
    ReasoningDelta("Hm. "),
    ReasoningDelta("Yes."),
    SIGNED,
    REDACTED,
    TextDelta("One "),
    TextDelta("moment."),
    CALL,
    CALL,
    Usage(12, 5, cached_tokens=3, cache_write_tokens=1, reasoning_tokens=2),
    Finished("tool_calls"),
)


def used(events: Sequence[StreamEvent]) -> Usage | None:
    return next((event for event in events if isinstance(event, Usage)), None)


def streamed(events: Sequence[StreamEvent], *, shows_thinking: bool = True) -> list[dict[str, Any]]:
    """Write a stream, check each event against the official client's shapes, and read it."""
    stream = MessageStream("msg_1", estimate=lambda: 7, shows_thinking=shows_thinking)
    written = [part for event in events for part in stream.take(event, "local/llama")]
    read = []
    for part in [*written, *stream.finish(used(events))]:
        head, data, end = part.split(b"\n", 2)
        told = orjson.loads(data.removeprefix(b"data: "))
        assert (head, end) == (b"event: " + told["type"].encode(), b"\n")
        EVENT.validate_python(told)
        read.append(told)
    return read


def put_together(events: list[dict[str, Any]]) -> dict[str, Any]:
    """Do what a client does with a stream."""
    message: dict[str, Any] = events[0]["message"]
    for event in events[1:]:
        match event["type"]:
            case "content_block_start":
                assert event["index"] == len(message["content"])
                message["content"].append({**event["content_block"], "json": ""})
            case "content_block_delta":
                delta, block = event["delta"], message["content"][event["index"]]
                for name in {"text", "thinking", "signature"} & delta.keys():
                    block[name] += delta[name]
                block["json"] += delta.get("partial_json", "")
            case "content_block_stop":
                block = message["content"][event["index"]]
                if written := block.pop("json"):
                    block["input"] = orjson.loads(written)
            case "message_delta":
                message |= event["delta"]
                message["usage"] |= event["usage"]
    return message


def whole(events: Sequence[StreamEvent], *, shows_thinking: bool = True) -> dict[str, Any]:
    answer = WholeMessage(shows_thinking=shows_thinking)
    for event in events:
        answer.take(event)
    told = answer.finish("msg_1", "local/llama", used(events))
    Message.model_validate(told)
    return told


def test_stream_is_told_in_the_order_of_the_wire() -> None:
    kinds = [event["type"] for event in streamed(ANSWER)]
    blocks = [["content_block_start", *["content_block_delta"] * number, "content_block_stop"] for number in (3, 0, 2)]
    call = ["content_block_start", "content_block_delta", "content_block_stop"]
    told = [kind for block in blocks for kind in block]
    assert kinds == ["message_start", *told, *call, *call, "message_delta", "message_stop"]


@pytest.mark.parametrize("shows_thinking", [True, False])
def test_stream_comes_to_the_whole_message(shows_thinking: bool) -> None:  # noqa: FBT001 - a case of the table
    told = put_together(streamed(ANSWER, shows_thinking=shows_thinking))
    assert told == whole(ANSWER, shows_thinking=shows_thinking)


def test_whole_message_has_everything() -> None:
    told = whole(ANSWER)
    call = {"type": "tool_use", "id": "t1", "name": "find", "input": {"q": "Zug"}}
    assert told["content"] == [SIGNED.block, REDACTED.block, {"type": "text", "text": "One moment."}, call, call]
    assert told["stop_reason"] == "tool_use"
    assert told["usage"] == {
        "input_tokens": 8,
        "cache_read_input_tokens": 3,
        "cache_creation_input_tokens": 1,
        "output_tokens": 5,
        "output_tokens_details": {"thinking_tokens": 2},
    }


def test_thinking_is_told_only_to_who_asked() -> None:
    assert [block["type"] for block in whole(ANSWER, shows_thinking=False)["content"]] == [
        "text",
        "tool_use",
        "tool_use",
    ]


def test_message_starts_with_what_is_known_of_the_prompt() -> None:
    [start, *_rest] = streamed([PromptRead(11, cached_tokens=2), TextDelta("x")])
    assert start["message"]["usage"]["input_tokens"] == 9
    [start, *_rest] = streamed([TextDelta("x")])
    assert start["message"]["usage"]["input_tokens"] == 7  # the estimate


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        (Finished("stop"), ("end_turn", None)),
        (Finished("stop", "END"), ("stop_sequence", "END")),
        (Finished("length"), ("max_tokens", None)),
        (Finished("content_filter"), ("refusal", None)),
    ],
)
def test_end_says_why(end: Finished, expected: tuple[str, str | None]) -> None:
    told = put_together(streamed([TextDelta("x"), end]))
    assert (told["stop_reason"], told["stop_sequence"]) == expected


def test_answer_without_a_word_is_a_message() -> None:
    events = (Usage(3, 0), Finished("length"))
    assert put_together(streamed(events)) == whole(events)
    assert whole(events)["content"] == []


def test_thoughts_that_were_changed_are_not_signed() -> None:
    events = (ReasoningDelta("Hm. ***."), SIGNED, TextDelta("So."))
    told = whole(events)["content"]
    assert told[0] == {"type": "thinking", "thinking": "Hm. ***.", "signature": ""}
    assert put_together(streamed(events))["content"] == told


def test_signed_thoughts_that_nobody_sees_are_told() -> None:
    events = (SignedReasoning({"type": "thinking", "thinking": "", "signature": "s"}), TextDelta("So."))
    assert whole(events)["content"][0] == {"type": "thinking", "thinking": "", "signature": "s"}
    assert put_together(streamed(events))["content"] == whole(events)["content"]


@pytest.mark.parametrize("arguments", ["", "{", "[]", '"x"', "null"])
def test_call_that_cannot_be_read_ends_the_answer(arguments: str) -> None:
    call = ToolCall("t1", "find", arguments)
    with pytest.raises(BrokenToolCall):
        whole([call])
    with pytest.raises(BrokenToolCall):
        streamed([call])
