"""Any model of this site through Anthropic's own client: streaming and not, sync and async, with tools and pictures."""

from __future__ import annotations

import base64
import http.client
import io
import json
import subprocess
from typing import TYPE_CHECKING, Any

import anthropic
import pytest
from PIL import Image

from tests.support.processes import wait_until
from tests.support.server import MODEL, on_both_servers

if TYPE_CHECKING:
    from tests.fake_provider import FakeProviderProcess
    from tests.support.server import Server

CLAUDE = "anthropic/fake-echo"
BOTH_KINDS = pytest.mark.parametrize("model", [MODEL, CLAUDE])
HELLO: Any = [{"role": "user", "content": "Hello there"}]
FIND: Any = [{"name": "find", "description": "Finds trains.", "input_schema": {"type": "object"}}]


@pytest.fixture
def client(server: Server) -> anthropic.Anthropic:
    token = server.give_token(server.sign_up())
    return anthropic.Anthropic(api_key=token, base_url=server.url, max_retries=0)


@pytest.fixture
def patient(server: Server) -> anthropic.AsyncAnthropic:
    token = server.give_token(server.sign_up())
    return anthropic.AsyncAnthropic(auth_token=token, api_key=None, base_url=server.url, max_retries=0)


@on_both_servers
@BOTH_KINDS
def test_message_is_answered_whole(client: anthropic.Anthropic, fake: FakeProviderProcess, model: str) -> None:
    fake.script(text="Good day.")
    answer = client.messages.create(model=model, max_tokens=100, messages=HELLO, system="Be kind.")
    assert [block.to_dict() for block in answer.content] == [{"type": "text", "text": "Good day."}]
    assert (answer.model, answer.role, answer.stop_reason) == (model, "assistant", "end_turn")
    assert answer.id.startswith("msg_")
    assert answer._request_id
    assert answer.usage.input_tokens
    assert answer.usage.output_tokens


@on_both_servers
@BOTH_KINDS
def test_message_streams(client: anthropic.Anthropic, fake: FakeProviderProcess, model: str) -> None:
    fake.script(chars=500)
    with client.messages.stream(model=model, max_tokens=1000, messages=HELLO) as stream:
        pieces = list(stream.text_stream)
        final = stream.get_final_message()
    assert len(pieces) > 1
    assert len("".join(pieces)) == 500
    assert final.content[0].to_dict() == {"type": "text", "text": "".join(pieces)}
    assert final.stop_reason == "end_turn"
    assert final.usage.output_tokens


@on_both_servers
@BOTH_KINDS
async def test_async_client_streams(patient: anthropic.AsyncAnthropic, fake: FakeProviderProcess, model: str) -> None:
    fake.script(text="Good day.")
    async with patient.messages.stream(model=model, max_tokens=100, messages=HELLO) as stream:
        assert await stream.get_final_text() == "Good day."


@BOTH_KINDS
async def test_async_client_is_answered_whole(
    patient: anthropic.AsyncAnthropic, fake: FakeProviderProcess, model: str
) -> None:
    fake.script(text="Good day.")
    answer = await patient.messages.create(model=model, max_tokens=100, messages=HELLO)
    assert answer.content[0].to_dict()["text"] == "Good day."


@BOTH_KINDS
@pytest.mark.parametrize("is_streamed", [True, False])
def test_tool_is_called_and_answered(
    client: anthropic.Anthropic, fake: FakeProviderProcess, model: str, *, is_streamed: bool
) -> None:
    fake.script(text="One moment.", tools=("find",), arguments='{"query": "Zug 7"}')
    asked: Any = {"model": model, "max_tokens": 100, "tools": FIND}
    if is_streamed:
        with client.messages.stream(messages=HELLO, tool_choice={"type": "any"}, **asked) as stream:
            first = stream.get_final_message()
    else:
        first = client.messages.create(messages=HELLO, tool_choice={"type": "any"}, **asked)
    [said, call] = first.content
    assert first.stop_reason == "tool_use"
    assert said.to_dict()["text"] == "One moment."
    assert isinstance(call, anthropic.types.ToolUseBlock)
    assert (call.name, call.input) == ("find", {"query": "Zug 7"})
    fake.script(text="It leaves at nine.")
    result = {"type": "tool_result", "tool_use_id": call.id, "content": "09:00"}
    turn = [*HELLO, {"role": "assistant", "content": first.content}, {"role": "user", "content": [result]}]
    second = client.messages.create(messages=turn, **asked)
    assert second.content[0].to_dict()["text"] == "It leaves at nine."
    assert "09:00" in str(fake.calls()[-1]["body"]["messages"][-1])


def test_thinking_comes_signed_and_goes_back(client: anthropic.Anthropic, fake: FakeProviderProcess) -> None:
    asked: Any = {"model": CLAUDE, "max_tokens": 5000, "tools": FIND}
    asked["thinking"] = {"type": "enabled", "budget_tokens": 1024}
    fake.script(thoughts="Let me see.", tools=("find",), text="")
    with client.messages.stream(messages=HELLO, **asked) as stream:
        first = stream.get_final_message()
    thinking, call = first.content[0], first.content[-1]
    assert isinstance(thinking, anthropic.types.ThinkingBlock)
    assert thinking.thinking == "Let me see."
    assert thinking.signature
    assert isinstance(call, anthropic.types.ToolUseBlock)
    fake.script(text="Done.")
    result = {"type": "tool_result", "tool_use_id": call.id, "content": "09:00"}
    turn = [*HELLO, {"role": "assistant", "content": first.content}, {"role": "user", "content": [result]}]
    second = client.messages.create(messages=turn, **asked)  # the fake provider refuses what is not as it was signed
    assert second.content[-1].to_dict()["text"] == "Done."


@BOTH_KINDS
def test_thoughts_are_kept_from_who_did_not_ask(
    client: anthropic.Anthropic, fake: FakeProviderProcess, model: str
) -> None:
    fake.script(thoughts="Let me see.", text="So.")
    answer = client.messages.create(model=model, max_tokens=100, messages=HELLO)
    assert [block.type for block in answer.content] == ["text"]


@BOTH_KINDS
def test_picture_reaches_a_model_that_sees(
    client: anthropic.Anthropic, server: Server, fake: FakeProviderProcess, model: str
) -> None:
    let_see(server, model)
    written = io.BytesIO()
    Image.new("RGB", (6, 4), "red").save(written, "PNG")
    data = base64.b64encode(written.getvalue()).decode()
    source = {"type": "base64", "media_type": "image/png", "data": data}
    content: Any = [{"type": "text", "text": "What is it?"}, {"type": "image", "source": source}]
    asked: Any = {"model": model, "max_tokens": 100, "messages": [{"role": "user", "content": content}]}

    def is_seen() -> bool:
        """Ask until the server knows that the model sees, which takes it two seconds."""
        try:
            return bool(client.messages.create(**asked).content)
        except anthropic.BadRequestError:
            return False

    wait_until(is_seen, within=10, what="the picture to be seen")
    assert "base64" in str(fake.calls()[-1]["body"]["messages"])


def test_tokens_are_estimated_without_asking_anybody(client: anthropic.Anthropic, fake: FakeProviderProcess) -> None:
    few = client.messages.count_tokens(model=MODEL, messages=HELLO).input_tokens
    many = client.messages.count_tokens(model=MODEL, messages=HELLO, system="word " * 1000, tools=FIND).input_tokens
    source: Any = {"type": "base64", "media_type": "image/png", "data": "QQ=="}
    shown: Any = [{"role": "user", "content": [{"type": "image", "source": source}]}]
    seen = client.messages.count_tokens(model=MODEL, messages=shown).input_tokens
    assert 0 < few < 1000 < min(many, seen)
    source["data"] = "Q" * (3 << 20)
    assert client.messages.count_tokens(model=MODEL, messages=shown).input_tokens == seen
    assert not fake.calls()


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"model": "openai/none"}, anthropic.NotFoundError),
        ({"max_tokens": 0}, anthropic.BadRequestError),
        ({"temperature": 7}, anthropic.BadRequestError),
        ({"messages": []}, anthropic.BadRequestError),
        ({"n": 100}, anthropic.BadRequestError),
    ],
)
@pytest.mark.parametrize("stream", [True, False])
def test_what_is_wrong_is_refused_in_the_clients_words(
    client: anthropic.Anthropic, fields: dict[str, Any], error: type[anthropic.APIStatusError], *, stream: bool
) -> None:
    asked: dict[str, Any] = {"model": MODEL, "max_tokens": 10, "messages": HELLO, "stream": stream}
    with pytest.raises(error) as refusal:
        client.messages.create(**{**asked, "extra_body": fields})
    assert refusal.value.body["type"] == "error"  # type: ignore[index]
    assert refusal.value.api_message
    assert refusal.value.request_id == refusal.value.body["request_id"]  # type: ignore[index]


def test_models_are_listed_for_this_client_too(client: anthropic.Anthropic) -> None:
    known = {MODEL, CLAUDE}
    wait_until(lambda: known <= {one.id for one in client.models.list()}, what="the models to be listed")
    shown = client.models.retrieve(CLAUDE)
    assert (shown.id, shown.type) == (CLAUDE, "model")
    assert shown.display_name


def test_beta_of_the_client_is_answered(client: anthropic.Anthropic, fake: FakeProviderProcess) -> None:
    fake.script(text="Good day.")
    answer = client.beta.messages.create(
        model=MODEL,
        max_tokens=100,
        messages=HELLO,
        betas=["context-management-2025-06-27"],
        context_management={"edits": [{"type": "clear_tool_uses_20250919"}]},
    )
    assert answer.content[0].to_dict()["text"] == "Good day."


@pytest.mark.parametrize("path", ["/v1/messages", "/v1/messages/count_tokens", "/v1/embeddings"])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"x"',
        b'{"model": "x", "max_tokens": 1e400}',
        b'{"model": NaN}',
        b'{"model": "\\ud800"}',
        b'{"model": "a\\u0000b", "max_tokens": 1, "input": "x", "messages": [{"role": "user", "content": "x"}]}',
        b'{"a":' * 3000,
        b"\xff\xfe",
    ],
)
def test_nonsense_is_refused_in_the_shape_of_the_wire(server: Server, path: str, body: bytes) -> None:
    token = _token_of(server)
    headers = {"x-api-key": token, "content-type": "application/json"}
    answer = server.request("POST", path, None, headers, body)
    assert 400 <= answer.status < 500
    told = answer.json()
    assert told["error"]["message"]
    assert told["error"]["type"] in {"invalid_request_error", "not_found_error"}
    if path != "/v1/embeddings":
        assert (told["type"], told["request_id"]) == ("error", answer.headers["x-request-id"])


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_other_methods_are_refused_in_the_shape_of_the_wire(server: Server, method: str) -> None:
    answer = server.request(method, "/v1/messages", None, {"x-api-key": _token_of(server)})
    assert (answer.status, answer.headers["allow"]) == (405, "POST")
    assert answer.json()["type"] == "error"


def test_curl_sees_the_events_as_they_are_made(server: Server, fake: FakeProviderProcess) -> None:
    fake.script(text="One moment", chunk=4, hang=8, times=5)
    asked = {"model": MODEL, "max_tokens": 100, "messages": HELLO, "stream": True}
    headers = [f"x-api-key: {_token_of(server)}", "anthropic-version: 2023-06-01", "content-type: application/json"]
    command = ["curl", "-sN", f"{server.url}/v1/messages", "-d", json.dumps(asked)]
    command += [part for header in headers for part in ("-H", header)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as curl:
        assert curl.stdout
        kinds = []
        for line in curl.stdout:  # the provider says no more than this, and hangs
            kinds += [line.removeprefix("event: ").strip()] if line.startswith("event: ") else []
            if kinds[-1:] == ["content_block_delta"]:
                break
        curl.kill()
    assert kinds[:3] == ["message_start", "content_block_start", "content_block_delta"]


@pytest.mark.parametrize("stream", [True, False])
def test_who_hangs_up_ends_the_call(server: Server, fake: FakeProviderProcess, *, stream: bool) -> None:
    fake.script(chars=100_000, delay=0.01)
    asked = {"model": MODEL, "max_tokens": 1000, "messages": HELLO, "stream": stream}
    headers = {"x-api-key": _token_of(server), "content-type": "application/json"}
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.request("POST", "/v1/messages", json.dumps(asked), headers)
    fake.wait_until(lambda calls: len(calls) == 1)
    connection.close()
    fake.wait_until(lambda calls: calls[0]["state"] == "client_closed")


def test_stop_sequence_is_told(client: anthropic.Anthropic, fake: FakeProviderProcess) -> None:
    answer = client.messages.create(
        model=CLAUDE, max_tokens=100, messages=[{"role": "user", "content": "one END two"}], stop_sequences=["END"]
    )
    assert "END" not in str(answer.content)
    assert (answer.stop_reason, answer.stop_sequence) == ("stop_sequence", "END")
    assert fake.calls()[-1]["body"]["stop_sequences"] == ["END"]


def test_stranger_is_refused(server: Server) -> None:
    stranger = anthropic.Anthropic(api_key="sk-chat-" + "x" * 43, base_url=server.url, max_retries=0)
    with pytest.raises(anthropic.AuthenticationError):
        stranger.messages.create(model=MODEL, max_tokens=10, messages=HELLO)
    with pytest.raises(anthropic.AuthenticationError):
        stranger.messages.count_tokens(model=MODEL, messages=HELLO)


@BOTH_KINDS
@pytest.mark.parametrize(
    ("script", "error"),
    [
        ({"context_too_long": True, "status": 400}, anthropic.BadRequestError),
        ({"status": 429, "retry_after": "1"}, anthropic.RateLimitError),
        ({"status": 500}, anthropic.InternalServerError),
    ],
)
def test_failure_of_the_provider_is_told(
    client: anthropic.Anthropic,
    fake: FakeProviderProcess,
    model: str,
    script: dict[str, Any],
    error: type[anthropic.APIStatusError],
) -> None:
    fake.script(**script, times=20)
    with pytest.raises(error):
        client.messages.create(model=model, max_tokens=10, messages=HELLO)


@BOTH_KINDS
def test_failure_in_the_middle_ends_the_stream_with_an_error(
    client: anthropic.Anthropic, fake: FakeProviderProcess, model: str
) -> None:
    fake.script(chars=500, cut=100)
    said: list[str] = []
    with (
        pytest.raises(anthropic.APIStatusError) as failure,
        client.messages.stream(model=model, max_tokens=1000, messages=HELLO) as stream,
    ):
        said.extend(stream.text_stream)
    assert "".join(said)
    assert failure.value.body["error"]["type"] == "api_error"  # type: ignore[index]


def _token_of(server: Server) -> str:
    return server.give_token(server.sign_up())


def let_see(server: Server, model: str) -> None:
    """Say that a model sees, as soon as the server knows of it."""
    from providers.models import LanguageModel  # noqa: PLC0415 - the settings come first

    provider, _slash, name = model.partition("/")
    with server.database():
        row = LanguageModel.objects.filter(provider__slug=provider, name=name)
        wait_until(lambda: row.update(has_vision=True), within=10, what="the model to be listed")
