"""Any model of this site through OpenAI's own client: streaming and not, sync and async, with tools and pictures."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING, Any

import openai
import pytest
from PIL import Image

from tests.fake_provider import filler
from tests.support.server import MODEL, on_both_servers

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openai.types.chat import ChatCompletionChunk

    from tests.fake_provider import FakeProviderProcess
    from tests.support.server import Server

CLAUDE = "anthropic/fake-echo"
BOTH_KINDS = pytest.mark.parametrize("model", [MODEL, CLAUDE])
HELLO: Any = [{"role": "user", "content": "Hello there"}]
FIND: Any = [{"type": "function", "function": {"name": "find", "parameters": {"type": "object"}}}]
USAGE: Any = {"include_usage": True}


@pytest.fixture
def client(server: Server) -> openai.OpenAI:
    return openai.OpenAI(api_key=server.give_token(server.sign_up()), base_url=f"{server.url}/v1", max_retries=0)


@pytest.fixture
def patient(server: Server) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(api_key=server.give_token(server.sign_up()), base_url=f"{server.url}/v1", max_retries=0)


def words_of(chunks: Iterable[ChatCompletionChunk]) -> str:
    return "".join(one.choices[0].delta.content or "" for one in chunks if one.choices)


@on_both_servers
@BOTH_KINDS
def test_completion_is_answered_whole(client: openai.OpenAI, fake: FakeProviderProcess, model: str) -> None:
    fake.script(text="Good day.", prompt_tokens=7, completion_tokens=3)
    answer = client.chat.completions.create(model=model, messages=HELLO)
    [choice] = answer.choices
    assert (choice.message.role, choice.message.content, choice.finish_reason) == ("assistant", "Good day.", "stop")
    assert (answer.model, answer.object, answer.id[:9]) == (model, "chat.completion", "chatcmpl-")
    assert answer.usage
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens, answer.usage.total_tokens) == (7, 3, 10)


@on_both_servers
@BOTH_KINDS
def test_completion_streams(client: openai.OpenAI, fake: FakeProviderProcess, model: str) -> None:
    fake.script(chars=500, completion_tokens=12)
    chunks = list(client.chat.completions.create(model=model, messages=HELLO, stream=True, stream_options=USAGE))
    assert words_of(chunks) == filler(500)
    assert chunks[0].choices[0].delta.role == "assistant"
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert chunks[-1].choices == []
    assert chunks[-1].usage
    assert chunks[-1].usage.completion_tokens == 12
    assert not any(one.usage for one in chunks[:-1])


def test_stream_tells_no_usage_that_nobody_asked_for(client: openai.OpenAI, fake: FakeProviderProcess) -> None:
    chunks = list(client.chat.completions.create(model=MODEL, messages=HELLO, stream=True))
    assert all(one.choices and one.usage is None for one in chunks)


@on_both_servers
@BOTH_KINDS
async def test_async_client_streams(patient: openai.AsyncOpenAI, fake: FakeProviderProcess, model: str) -> None:
    fake.script(chars=500)
    stream = await patient.chat.completions.create(model=model, messages=HELLO, stream=True)
    assert words_of([chunk async for chunk in stream]) == filler(500)


async def test_async_client_is_answered_whole(patient: openai.AsyncOpenAI, fake: FakeProviderProcess) -> None:
    fake.script(text="Good day.")
    answer = await patient.chat.completions.create(model=MODEL, messages=HELLO)
    assert answer.choices[0].message.content == "Good day."


@BOTH_KINDS
@pytest.mark.parametrize("is_streamed", [True, False])
def test_tool_is_called_and_answered(
    client: openai.OpenAI, fake: FakeProviderProcess, model: str, *, is_streamed: bool
) -> None:
    fake.script(text="One moment.", tools=("find",), arguments='{"query": "Zug 7"}')
    asked: Any = {"model": model, "tools": FIND}
    if is_streamed:
        with client.chat.completions.stream(messages=HELLO, tool_choice="required", **asked) as stream:
            first = stream.get_final_completion().choices[0]
    else:
        first = client.chat.completions.create(messages=HELLO, tool_choice="required", **asked).choices[0]
    assert (first.finish_reason, first.message.content) == ("tool_calls", "One moment.")
    assert first.message.tool_calls
    [call] = first.message.tool_calls
    assert call.type == "function"
    assert (call.function.name, call.function.arguments) == ("find", '{"query": "Zug 7"}')
    fake.script(text="It leaves at nine.")
    turn = [*HELLO, first.message.to_dict(), {"role": "tool", "tool_call_id": call.id, "content": "09:00"}]
    second = client.chat.completions.create(messages=turn, **asked)
    assert second.choices[0].message.content == "It leaves at nine."
    assert "09:00" in str(fake.calls()[-1]["body"]["messages"][-1])


@BOTH_KINDS
def test_thoughts_come_beside_the_words(client: openai.OpenAI, fake: FakeProviderProcess, model: str) -> None:
    fake.script(thoughts="Let me see.", text="Done.")
    message = client.chat.completions.create(model=model, messages=HELLO).choices[0].message
    assert (message.content, message.to_dict()["reasoning_content"]) == ("Done.", "Let me see.")


@BOTH_KINDS
def test_picture_is_passed_on_written_anew(client: openai.OpenAI, fake: FakeProviderProcess, model: str) -> None:
    written = io.BytesIO()
    Image.new("RGB", (6, 4), "red").save(written, "GIF")
    url = f"data:image/gif;base64,{base64.b64encode(written.getvalue()).decode()}"
    parts: Any = [{"type": "text", "text": "What?"}, {"type": "image_url", "image_url": {"url": url}}]
    seeing = model.replace("fake-echo", "gpt-5.5" if model == MODEL else "claude-sonnet-5-5")
    client.chat.completions.create(model=seeing, messages=[{"role": "user", "content": parts}])
    assert "image/png" in str(fake.calls()[-1]["body"]["messages"])


def test_what_is_asked_for_reaches_the_provider(client: openai.OpenAI, fake: FakeProviderProcess) -> None:
    client.chat.completions.create(
        model=MODEL, messages=HELLO, temperature=0.0, top_p=0.5, stop=["END"], max_completion_tokens=50, seed=7
    )
    body = fake.calls()[-1]["body"]
    assert {name: body[name] for name in ("temperature", "top_p", "stop", "seed")} == {
        "temperature": 0.0,
        "top_p": 0.5,
        "stop": ["END"],
        "seed": 7,
    }
    assert 50 in {body.get("max_tokens"), body.get("max_completion_tokens")}


def test_models_are_listed_and_shown(client: openai.OpenAI) -> None:
    listed = [model.id for model in client.models.list()]
    assert {MODEL, CLAUDE} <= set(listed) or "openai/gpt-5.5" in listed
    assert client.models.retrieve(listed[0]).id == listed[0]
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("openai/no-such-model/at-all")


# --- what goes wrong ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("behaviour", "error"),
    [
        ({"status": 429, "retry_after": "2", "times": 5}, openai.RateLimitError),
        ({"status": 404}, openai.NotFoundError),
        ({"context_too_long": True, "status": 400}, openai.BadRequestError),
        ({"status": 400}, openai.BadRequestError),
        ({"cut": 0}, openai.InternalServerError),
    ],
)
@pytest.mark.parametrize("is_streamed", [True, False])
def test_failure_of_the_provider_is_the_error_that_clients_know(
    client: openai.OpenAI,
    fake: FakeProviderProcess,
    behaviour: dict[str, Any],
    error: type[openai.APIStatusError],
    *,
    is_streamed: bool,
) -> None:
    fake.script(**behaviour)
    with pytest.raises(error) as caught:
        client.chat.completions.create(model=MODEL, messages=HELLO, stream=is_streamed)
    assert isinstance(caught.value.body, dict)
    assert {"message", "type", "param", "code"} == set(caught.value.body)
    assert caught.value.response.headers["x-request-id"] == caught.value.request_id


def test_stream_that_breaks_off_ends_in_an_error(client: openai.OpenAI, fake: FakeProviderProcess) -> None:
    fake.script(chars=400, cut=200, delay=0.01)
    said: list[ChatCompletionChunk] = []
    with pytest.raises(openai.APIError, match="broke off"):
        said.extend(client.chat.completions.create(model=MODEL, messages=HELLO, stream=True))
    assert filler(400).startswith(words_of(said))
    assert words_of(said)


def test_token_that_does_not_hold_is_refused(server: Server) -> None:
    from accounts.tokens import Scope  # noqa: PLC0415 - the settings come first

    stranger = openai.OpenAI(api_key="sk-chat-" + "x" * 43, base_url=f"{server.url}/v1", max_retries=0)
    with pytest.raises(openai.AuthenticationError) as refused:
        stranger.chat.completions.create(model=MODEL, messages=HELLO)
    assert refused.value.code == "invalid_api_key"
    reader = openai.OpenAI(
        api_key=server.give_token(server.sign_up(), Scope.READ), base_url=f"{server.url}/v1", max_retries=0
    )
    with pytest.raises(openai.PermissionDeniedError):
        reader.chat.completions.create(model=MODEL, messages=HELLO)
    assert list(reader.models.list())


@pytest.mark.parametrize(
    ("wrong", "param"),
    [
        ({"n": 100}, "n"),
        ({"max_tokens": -1}, "max_tokens"),
        ({"temperature": "hot"}, "temperature"),
        ({"temperature": 3}, "temperature"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "pirate", "content": "x"}]}, "messages[0].role"),
        ({"messages": [{"role": "user"}]}, "messages[0].content"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages[0].tool_call_id"),
        ({"logprobs": True}, "logprobs"),
        ({"functions": []}, "functions"),
        ({"stream_options": {"include_usage": 1}}, "stream_options.include_usage"),
        ({"tools": [{"type": "web_search"}]}, "tools[0].type"),
        ({"whatever": 1}, "whatever"),
    ],
)
def test_wrong_field_is_named(client: openai.OpenAI, wrong: dict[str, Any], param: str) -> None:
    body = {"model": MODEL, "messages": HELLO, **wrong}
    with pytest.raises(openai.BadRequestError) as refused:
        client.post("/chat/completions", body=body, cast_to=object)
    assert (refused.value.param, refused.value.type) == (param, "invalid_request_error")


def test_unknown_model_is_not_found_and_a_bare_name_may_do(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as refused:
        client.chat.completions.create(model="nobody/knows", messages=HELLO)
    assert refused.value.code == "model_not_found"
    assert client.chat.completions.create(model="gpt-5.5", messages=HELLO).model == "openai/gpt-5.5"
