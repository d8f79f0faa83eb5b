"""Any model of this site through OpenAI's own client: streaming and not, sync and async, with tools and pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from openai import AsyncOpenAI, OpenAI

from tests.support.server import MODEL, on_both_servers

if TYPE_CHECKING:
    from tests.fake_provider import FakeProviderProcess
    from tests.support.server import Server

HELLO = [{"role": "user", "content": "Hello there"}]


@pytest.fixture
def client(server: Server) -> OpenAI:
    return OpenAI(api_key=server.give_token(server.sign_up()), base_url=f"{server.url}/v1", max_retries=0)


@on_both_servers
def test_completion_answers_whole(client: OpenAI, fake: FakeProviderProcess) -> None:
    fake.script(text="Good day.")
    answer = client.chat.completions.create(model=MODEL, messages=HELLO)  # type: ignore[arg-type]
    assert answer.choices[0].message.content == "Good day."
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage and answer.usage.completion_tokens
    assert answer.model == MODEL


@on_both_servers
def test_completion_streams(client: OpenAI, fake: FakeProviderProcess) -> None:
    fake.script(chars=500)
    stream = client.chat.completions.create(
        model=MODEL, messages=HELLO, stream=True, stream_options={"include_usage": True}  # type: ignore[arg-type]
    )
    chunks = list(stream)
    text = "".join(one.choices[0].delta.content or "" for one in chunks if one.choices)
    assert len(text) == 500
    assert chunks[-1].choices == []
    assert chunks[-1].usage and chunks[-1].usage.completion_tokens
    assert chunks[-2].choices[0].finish_reason == "stop"
