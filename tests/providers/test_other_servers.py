"""What compatible servers do differently, as real ones were seen to do it.

The shapes come from ``transformers serve`` 5.23 and the server of llama-cpp-python 0.3.36 (see Local models in
``docs/operations.md``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from providers import http
from providers.port import (
    ContextTooLong,
    ModelInfo,
    ProviderError,
    ProviderUnavailable,
    RequestRefused,
    StreamInterrupted,
    Usage,
)
from providers.registry import make_provider
from tests.fake_provider import answer_to
from tests.providers.asking import Heard, ask, config_for

if TYPE_CHECKING:
    from providers.port import Provider
    from tests.fake_provider import FakeProvider

TRANSFORMERS = b"""\
data: {"id":"fe5d","choices":[{"delta":{"role":"assistant"},"index":0}],"model":"tiny@main","system_fingerprint":""}

data: {"id":"fe5d","choices":[{"delta":{"content":"sala\\ufffd"},"index":0}],"model":"tiny@main"}

data: {"id":"fe5d","choices":[{"delta":{"content":"\\u001bd"},"index":0}],"model":"tiny@main"}

"""
TRANSFORMERS_END = b"""\
data: {"id":"fe5d","choices":[{"delta":{},"index":0,"finish_reason":"length"}],"model":"tiny@main",\
"usage":{"completion_tokens":12,"prompt_tokens":13,"total_tokens":25}}

"""
"""Absent fields instead of null, usage together with the finish reason, and no ``[DONE]``."""

LLAMA_CPP_PYTHON = b"""\
: ping - 2026-11-22 12:53:28.787711+00:00

data: {"id": "c1", "choices": [{"index": 0, "delta": {"role": "assistant"}, "logprobs": null, "finish_reason": null}]}

data: {"id": "c1", "choices": [{"index": 0, "delta": {"content": "sala"}, "logprobs": null, "finish_reason": null}]}

data: {"id": "c1", "choices": [{"index": 0, "delta": {}, "logprobs": null, "finish_reason": "stop"}]}

data: [DONE]

"""
"""Pings as comments, and no usage, although it was asked for."""


@pytest.fixture
async def local(fake: FakeProvider) -> Provider:
    return make_provider(config_for("local", fake))


async def test_stream_of_transformers_is_read(local: Provider, fake: FakeProvider) -> None:
    fake.script(raw=(TRANSFORMERS, TRANSFORMERS_END))

    heard = await ask(local)

    assert heard.text == "sala\ufffd\x1bd"
    assert heard.usages == [Usage(13, 12)]
    assert heard.finishes == ["length"]


async def test_stream_of_llama_cpp_python_is_read(local: Provider, fake: FakeProvider) -> None:
    fake.script(raw=(LLAMA_CPP_PYTHON,))

    heard = await ask(local)

    assert heard.text == "sala"
    assert heard.usages == []
    assert heard.finishes == ["stop"]


@pytest.mark.parametrize(("lines", "words"), [(6, "broke off"), (4, "shorter")])
async def test_stream_that_gave_way_to_another_is_not_complete(
    local: Provider, fake: FakeProvider, lines: int, words: str
) -> None:
    """One that serves a single model at a time drops an answer for the next question, and ends it with ``[DONE]``."""
    begun = b"".join(LLAMA_CPP_PYTHON.splitlines(keepends=True)[:lines])
    fake.script(raw=(begun, b"data: [DONE]\n\n"))

    with pytest.raises(StreamInterrupted, match=words):
        await ask(local)


async def test_lists_with_sparse_entries_are_read(local: Provider, fake: FakeProvider) -> None:
    fake.openai_models[:] = [
        {"owned_by": "us", "id": "us/tiny-random", "object": "model", "created": 1790000000.6113918},
        {"id": "/models/tiny.gguf", "object": "model", "owned_by": "me", "permissions": []},
    ]

    assert await local.list_models() == [
        ModelInfo("us/tiny-random", "tiny-random"),
        ModelInfo("/models/tiny.gguf", "tiny"),
    ]


@pytest.mark.parametrize(
    ("behaviour", "kind"),
    [
        ({"status": 404, "detail": True, "message": "Not Found"}, ProviderUnavailable),
        ({"status": 500, "not_json": True}, ProviderUnavailable),
        ({"status": 400, "detail": True, "message": "Server is pinned to 'a'; requested 'b'."}, RequestRefused),
        ({"status": 422, "detail": True, "message": "Unexpected fields in the request: {'seed'}"}, RequestRefused),
        (
            {
                "status": 400,
                "message": "This model's maximum context length is 2048 tokens.",
                "error_param": "messages",
            },
            ContextTooLong,
        ),
    ],
    ids=str,
)
async def test_complaints_in_other_shapes_are_translated(
    local: Provider, fake: FakeProvider, behaviour: dict[str, Any], kind: type[ProviderError]
) -> None:
    fake.script(**behaviour)

    with pytest.raises(ProviderError) as caught:
        await ask(local)

    assert type(caught.value) is kind


async def test_unexpected_field_is_left_out(local: Provider, fake: FakeProvider) -> None:
    fake.script(status=422, detail=True, message="Unexpected fields in the request: {'stream_options'}")

    heard = await ask(local)

    assert heard.finishes == ["stop"]
    assert ["stream_options" in call.body for call in fake.calls] == [True, False]


@pytest.mark.parametrize(
    "words",
    [b'{"error": "index out of range in self"}', b'{"error": "no room for "tiny" here"}'],
    ids=["a sentence", "no JSON"],
)
async def test_errors_inside_a_stream_may_be_mere_words(local: Provider, fake: FakeProvider, words: bytes) -> None:
    fake.script(raw=(TRANSFORMERS, b"data: %b\n\n" % words))
    heard = Heard()

    with pytest.raises(StreamInterrupted, match="broke off"):
        await ask(local, heard=heard)

    assert heard.text == "sala\ufffd\x1bd"


async def test_stream_that_says_nothing_is_told_from_a_broken_one(provider: Provider, fake: FakeProvider) -> None:
    """Some servers answer a conversation that is too long for them with an empty body."""
    fake.script(cut=0)

    with pytest.raises(StreamInterrupted, match="shorter"):
        await ask(provider)


async def test_question_that_a_server_hangs_up_on_is_not_sent_again(provider: Provider, fake: FakeProvider) -> None:
    """It may have been read, and its answer may have begun to cost."""
    fake.script(hangs_up=True)

    with pytest.raises(ProviderUnavailable, match="cannot be reached"):
        await ask(provider)

    assert len(fake.calls) == 1


async def test_kept_connection_that_died_costs_one_question_and_is_replaced(
    provider: Provider, fake: FakeProvider
) -> None:
    fake.script(goes_dead=True)
    await ask(provider, "One")

    with pytest.raises(ProviderUnavailable, match="cannot be reached"):
        await ask(provider, "Two")

    assert (await ask(provider, "Three")).text == answer_to("Three")


async def test_idle_connection_is_closed_by_us_before_the_server_does(
    fake: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert http.KEEP_ALIVE_SECONDS < 5, "what uvicorn, Node and llama.cpp wait"
    monkeypatch.setattr(http, "KEEP_ALIVE_SECONDS", 0.05)
    await ask(make_provider(config_for("openai", fake)))

    await fake.wait_until(lambda: fake.open_connections == 0)
