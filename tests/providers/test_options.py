"""What is sent: the wire's own form of a request, and options that a model refuses."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from providers.port import ChatMessage, ChatRequest, ContextTooLong, ProviderConfig, RequestRefused
from providers.registry import make_provider
from tests.providers.asking import MODEL, ask, config_for, hear, question

if TYPE_CHECKING:
    from providers.port import Provider
    from tests.fake_provider import FakeProvider

TALK = (
    ChatMessage("system", "Be brief."),
    ChatMessage("system", "Be kind."),
    ChatMessage("user", "One"),
    ChatMessage("user", "Two"),
    ChatMessage("assistant", "   "),
    ChatMessage("user", "Three"),
    ChatMessage("assistant", "Four"),
    ChatMessage("user", "Five"),
)


async def test_anthropic_gets_system_apart_and_sides_in_turn(fake: FakeProvider) -> None:
    await hear(make_provider(config_for("anthropic", fake)).stream(ChatRequest(MODEL, TALK)))

    body = fake.calls[0].body
    assert body["system"] == "Be brief.\n\nBe kind."
    assert body["messages"] == [
        {"role": "user", "content": "One\n\nTwo\n\nThree"},
        {"role": "assistant", "content": "Four"},
        {"role": "user", "content": "Five"},
    ]


async def test_openai_gets_messages_as_they_are(fake: FakeProvider) -> None:
    await hear(make_provider(config_for("openai", fake)).stream(ChatRequest(MODEL, TALK)))

    assert fake.calls[0].body["messages"] == [{"role": one.role, "content": one.content} for one in TALK]


async def test_compatible_servers_are_not_told_openai_options(fake: FakeProvider) -> None:
    await ask(make_provider(config_for("local", fake)))

    assert fake.calls[0].body["stream_options"] == {"include_usage": True}
    assert "max_completion_tokens" not in fake.calls[0].body


async def test_openai_itself_gets_its_own_options(fake: FakeProvider) -> None:
    config = ProviderConfig("openai", "openai", "OpenAI", "https://api.openai.com/v1", ("sk-x",))

    options = make_provider(config)._options(question())  # type: ignore[attr-defined]

    assert options["stream_options"] == {"include_usage": True, "include_obfuscation": False}
    assert options["max_completion_tokens"] == 2000
    assert "max_tokens" not in options


async def test_what_is_not_given_is_not_sent(provider: Provider, fake: FakeProvider, wire: str) -> None:
    await hear(provider.stream(ChatRequest(MODEL, (ChatMessage("user", "Hi"),))))

    body = fake.calls[0].body
    assert "temperature" not in body
    assert body.get("max_tokens") == (2000 if wire == "anthropic" else None), "this wire wants a limit"


async def test_further_options_are_sent_and_replace_nothing(provider: Provider, fake: FakeProvider) -> None:
    options = {
        "model": "dearer",
        "messages": [],
        "stream": False,
        "system": "Be rude.",
        "max_tokens": 9,
        "max_completion_tokens": 9,
        "temperature": 2,
        "thinking": {"type": "adaptive"},
        "seed": 7,
    }

    await hear(provider.stream(replace(question("Hi"), options=options)))

    body = fake.calls[0].body
    assert (body["thinking"], body["seed"]) == ({"type": "adaptive"}, 7)
    assert (body["model"], body["stream"], body["max_tokens"], body["temperature"]) == (MODEL, True, 2000, 0.7)
    assert body["messages"] == [{"role": "user", "content": "Hi"}]
    assert not {"system", "max_completion_tokens"} & body.keys()


async def test_refused_temperature_is_left_out_and_remembered(provider: Provider, fake: FakeProvider) -> None:
    fake.script(refuse=("temperature",), times=10)

    heard = [await ask(provider), await ask(provider)]

    assert [one.finishes for one in heard] == [["stop"], ["stop"]]
    assert ["temperature" in call.body for call in fake.calls] == [True, False, False]


async def test_what_one_model_refuses_others_still_get(provider: Provider, fake: FakeProvider) -> None:
    fake.script(refuse=("temperature",), times=10, model=MODEL)
    await ask(provider)

    await hear(provider.stream(ChatRequest("another", (ChatMessage("user", "Hi"),), temperature=0.7)))

    assert fake.calls[-1].body["temperature"] == 0.7


async def test_refused_limit_is_sent_under_its_other_name(fake: FakeProvider) -> None:
    provider = make_provider(config_for("openai", fake))
    fake.script(refuse=("max_tokens",), times=10)

    await ask(provider)
    await ask(provider)

    assert fake.calls[-1].body["max_completion_tokens"] == 2000
    assert len(fake.calls) == 3


async def test_several_refused_options_are_left_out_one_by_one(fake: FakeProvider) -> None:
    fake.script(refuse=("stream_options", "temperature", "max_tokens"), times=10)

    heard = await ask(make_provider(config_for("local", fake)))

    assert heard.finishes == ["stop"]
    assert set(fake.calls[-1].body) == {"model", "messages", "stream", "max_completion_tokens"}
    assert len(fake.calls) == 4


@pytest.mark.parametrize("wire", ["openai", "local"])
async def test_limit_is_never_left_out(fake: FakeProvider, wire: str) -> None:
    provider = make_provider(config_for(wire, fake))
    fake.script(refuse=("max_tokens", "max_completion_tokens"), times=5)

    for _ in range(2):
        with pytest.raises(RequestRefused):
            await ask(provider)
    await ask(provider)

    limits = [{"max_tokens", "max_completion_tokens"} & call.body.keys() for call in fake.calls]
    assert limits == [{"max_tokens"}, {"max_completion_tokens"}] * 2 + [{"max_tokens"}, {"max_completion_tokens"}]


TOO_LONG = [
    "'max_tokens' or 'max_completion_tokens' is too large: 2000. This model's maximum context length is 8192 tokens.",
    "'max_tokens' is not permitted: this model's maximum length is 8192.",
    "The request is too large: max_tokens is unsupported.",
]


@pytest.mark.parametrize("message", TOO_LONG)
async def test_question_that_is_too_long_teaches_nothing(fake: FakeProvider, message: str) -> None:
    provider = make_provider(config_for("local", fake))
    fake.script(status=400, message=message)

    with pytest.raises(ContextTooLong):
        await ask(provider)
    await ask(provider)

    assert [call.body["max_tokens"] for call in fake.calls] == [2000, 2000]


@pytest.mark.parametrize(
    "message",
    [
        "`temperature` is deprecated for this model.",
        "temperature: Extra inputs are not permitted",
        "Unrecognized request argument supplied: temperature",
        "Unsupported value: 'temperature' does not support 0.7 with this model.",
        "`temperature` may only be set to 1 when thinking is enabled.",
    ],
)
async def test_words_of_a_refusal_are_understood(provider: Provider, fake: FakeProvider, message: str) -> None:
    fake.script(status=400, message=message)

    await ask(provider)

    assert ["temperature" in call.body for call in fake.calls] == [True, False]


async def test_option_named_only_in_words_is_found(fake: FakeProvider) -> None:
    words = "Extra inputs are not permitted: stream_options"
    fake.script(status=422, message=words)

    heard = await ask(make_provider(config_for("local", fake)))

    assert heard.finishes == ["stop"]
    assert "stream_options" not in fake.calls[1].body


@pytest.mark.parametrize(
    "message",
    ["Something else is wrong.", "temperatures are unsupported", "Bad words: what is my temperature? max_tokens 9"],
)
async def test_other_complaints_are_not_tried_again(provider: Provider, fake: FakeProvider, message: str) -> None:
    fake.script(status=400, message=message, times=10)

    with pytest.raises(RequestRefused):
        await ask(provider)
    assert len(fake.calls) == 1
