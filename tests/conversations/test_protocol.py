from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

import pytest

from chatproject.errors import TooManyRequests
from conversations.parsing import RejectedFrame, parse
from conversations.protocol import COMMANDS, FRAMES, MAX_FRAME_BYTES, Error, Ping, ReplyDelta, SendMessage, encode

SEND: dict[str, Any] = {
    "type": "message.send",
    "client_id": "c1",
    "conversation": None,
    "parent": None,
    "text": "hello",
    "model": "demo/demo",
    "attachments": [],
}


def _without(name: str) -> dict[str, Any]:
    return {key: value for key, value in SEND.items() if key != name}


def test_parse_reads_a_command() -> None:
    conversation = uuid4()
    command = parse(json.dumps({**SEND, "conversation": str(conversation)}))
    assert command == SendMessage("c1", conversation, None, "hello", "demo/demo", [])
    assert parse('{"type": "ping"}') == Ping()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "null",
        "[]",
        "1",
        '"text"',
        "[" * 10_000,
        '{"a":' * 10_000,
        "{}",
        '{"type": null}',
        '{"type": 1}',
        '{"type": "nothing"}',
        '{"type": ["ping"]}',
        '{"type": "ping", "more": 1}',
        '{"type": "conversation.open"}',
        '{"type": "conversation.open", "conversation": 1}',
        '{"type": "conversation.open", "conversation": null}',
        '{"type": "conversation.open", "conversation": "1 OR 1=1"}',
        '{"type": "reply.stop", "reply": {}}',
        '{"type": "message.send", "text": "\\ud800"}',
        "\udcff",
    ],
)
def test_parse_refuses_what_is_no_command(text: str) -> None:
    with pytest.raises(RejectedFrame) as caught:
        parse(text)
    assert caught.value.code == "bad_request"
    assert caught.value.message.endswith(".")


@pytest.mark.parametrize("name", [name for name in SEND if name != "type"])
def test_parse_names_the_missing_field(name: str) -> None:
    with pytest.raises(RejectedFrame, match=name):
        parse(json.dumps(_without(name)))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("text", 1),
        ("text", None),
        ("client_id", ""),
        ("client_id", "x" * 65),
        ("client_id", "a\0"),
        ("attachments", [1]),
        ("models", "demo/demo"),
        ("model", []),
        ("model", "openai/" + "x" * 200),
        ("model", "openai/a\0"),
    ],
)
def test_parse_names_the_wrong_field(name: str, value: object) -> None:
    with pytest.raises(RejectedFrame, match=name):
        parse(json.dumps({**SEND, name: value}))


@pytest.mark.parametrize("models", [[1], [None], ["x" * 201], ["a\0"], [["demo/demo"]]])
def test_parse_takes_only_names_of_models(models: list[object]) -> None:
    with pytest.raises(RejectedFrame, match="model"):
        parse(json.dumps({**SEND, "models": models}))
    assert parse(json.dumps({**SEND, "models": ["a/1", "a/2"]})).models == ("a/1", "a/2")  # type: ignore[attr-defined]


def test_parse_keeps_the_client_id_of_a_refused_send() -> None:
    with pytest.raises(RejectedFrame) as caught:
        parse(json.dumps(_without("text")))
    assert caught.value.client_id == "c1"


def test_parse_refuses_more_than_a_mebibyte() -> None:
    with pytest.raises(RejectedFrame, match="1 MiB"):
        parse(json.dumps({**SEND, "text": "ä" * (MAX_FRAME_BYTES // 2)}, ensure_ascii=False))


def test_encode_names_the_type_and_fields() -> None:
    reply = UUID(int=7)
    assert json.loads(encode(ReplyDelta(reply, 3, "ü\u2028"))) == {
        "type": "reply.delta",
        "reply": str(reply),
        "offset": 3,
        "text": "ü\u2028",
    }


def test_error_frame_carries_the_wait() -> None:
    frame = Error.of(TooManyRequests("Slow down.", retry_after=7), "c1")
    assert (frame.code, frame.message, frame.client_id, frame.retry_after) == ("rate_limited", "Slow down.", "c1", 7)


def test_every_type_has_one_shape_and_a_dotted_or_single_name() -> None:
    shapes: list[Any] = [*FRAMES, *COMMANDS.values()]
    names = [shape.type for shape in shapes]
    assert len(names) == len(set(names))
    assert all(part.isalpha() for name in names for part in name.split("."))
