"""The fake provider is what all other tests stand on, so a few of its promises are tested themselves."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import httpx2
import pytest

from tests.fake_provider import FakeProvider, FakeProviderProcess, answer_to, filler

if TYPE_CHECKING:
    from collections.abc import Iterator


def body(text: str, model: str = "fake-echo") -> dict[str, object]:
    return {"model": model, "stream": True, "messages": [{"role": "user", "content": text}]}


@pytest.fixture(scope="module")
def process() -> Iterator[FakeProviderProcess]:
    with FakeProviderProcess() as fake:
        yield fake


def test_process_streams_and_remembers(process: FakeProviderProcess) -> None:
    process.reset()
    headers = {"Authorization": "Bearer sk-me"}
    answer = httpx2.post(f"{process.base_url}/chat/completions", json=body("Hi"), headers=headers, trust_env=False)

    assert answer.text.endswith("data: [DONE]\n\n")
    (call,) = process.wait_until(lambda calls: bool(calls) and calls[0]["state"] == "finished")
    assert call["key"] == "sk-me"
    assert call["body"]["messages"][0]["content"] == "Hi"
    assert call["sent_chars"] == len(answer_to("Hi"))
    assert call["started_at"] <= call["first_byte_at"] <= call["ended_at"] <= time.time()


def test_process_is_scripted_from_outside(process: FakeProviderProcess) -> None:
    process.reset()
    process.script(status=503, times=2, contains="trouble")
    process.set_default(text="Well.")

    statuses = [
        httpx2.post(f"{process.base_url}/chat/completions", json=body(text), trust_env=False).status_code
        for text in ("trouble", "calm", "trouble", "trouble")
    ]

    assert statuses == [503, 200, 503, 200]


def test_process_refuses_what_it_does_not_know(process: FakeProviderProcess) -> None:
    with pytest.raises(OSError, match="400"):
        process.script(no_such_thing=1)


def test_process_sees_when_a_client_leaves(process: FakeProviderProcess) -> None:
    process.reset()
    url = f"{process.base_url}/chat/completions"
    with httpx2.stream("POST", url, json=body("[[fake: endless delay=0.01]]"), trust_env=False):
        process.wait_until(lambda calls: bool(calls) and calls[0]["sent_chars"] > 100)
        left_at = time.time()

    (call,) = process.wait_until(lambda calls: calls[0]["state"] == "client_closed")

    assert 0 <= call["ended_at"] - left_at < 1


@pytest.mark.parametrize(
    ("directive", "text"),
    [
        ("chars=100", filler(100)),
        ("chars=100 cut=30", filler(30)),
        ("text='a b ü'", "a b ü"),
    ],
)
async def test_directive_decides(fake: FakeProvider, directive: str, text: str) -> None:
    async with httpx2.AsyncClient(trust_env=False) as client:
        await client.post(f"{fake.base_url}/chat/completions", json=body(f"Hello [[fake: {directive}]]"))

    assert fake.calls[0].sent_chars == len(text)


async def test_model_name_decides(fake: FakeProvider) -> None:
    async with httpx2.AsyncClient(trust_env=False) as client:
        answer = await client.post(f"{fake.base_url}/chat/completions", json=body("Hi", model="fake-429"))

    assert (answer.status_code, answer.headers["retry-after"]) == (429, "2")


async def test_answers_without_stream_are_whole(fake: FakeProvider) -> None:
    async with httpx2.AsyncClient(trust_env=False) as client:
        talk = {**body("Hi"), "stream": False, "max_tokens": 5}
        openai = await client.post(f"{fake.base_url}/chat/completions", json=talk)
        anthropic = await client.post(f"{fake.base_url}/messages", json=talk)

    assert openai.json()["choices"][0]["message"]["content"] == answer_to("Hi")
    assert anthropic.json()["content"][0]["text"] == answer_to("Hi")


async def test_requests_a_real_server_would_refuse_are_refused(fake: FakeProvider) -> None:
    bad = [
        ("chat/completions", {"model": "m"}),
        ("messages", body("no max_tokens")),
        ("messages", {**body("x"), "max_tokens": 1, "messages": [{"role": "system", "content": "x"}]}),
        ("messages", {**body("x"), "max_tokens": 1, "messages": [{"role": "assistant", "content": "x"}]}),
        ("messages", {**body(" "), "max_tokens": 1}),
    ]
    async with httpx2.AsyncClient(trust_env=False) as client:
        answers = [await client.post(f"{fake.base_url}/{path}", json=told) for path, told in bad]
        lost = await client.post(f"{fake.base_url}/elsewhere", json={})

    assert [answer.status_code for answer in answers] == [400] * 5
    assert lost.status_code == 404


async def test_hundreds_of_streams_at_once_keep_their_pace(fake: FakeProvider) -> None:
    limits = httpx2.Limits(max_connections=500)
    async with httpx2.AsyncClient(trust_env=False, limits=limits, timeout=30) as client:
        asked = [
            client.post(f"{fake.base_url}/chat/completions", json=body("[[fake: chars=120 delay=0.02]]"))
            for _ in range(200)
        ]
        answers = await asyncio.gather(*asked)

    assert all(answer.text.endswith("data: [DONE]\n\n") for answer in answers)
    assert {call.state for call in fake.calls} == {"finished"}


def row(key: str, calls: int, prompt: int, completion: int, **more: int) -> dict[str, object]:
    counted = {"cached_tokens": 0, "cache_write_tokens": 0, "reasoning_tokens": 0, **more}
    return {
        "key": key,
        "model": "fake-echo",
        "calls": calls,
        "prompt_tokens": prompt,
        "completion_tokens": completion,
    } | counted


@pytest.mark.parametrize("path", ["chat/completions", "messages"])
async def test_bill_has_what_usage_says_and_what_was_sent(fake: FakeProvider, path: str) -> None:
    fake.script(text="x" * 40, cached_tokens=3, cache_write_tokens=2, usage="missing")
    fake.script(chars=100, reasoning=20, cut=50)
    fake.script(status=503)
    fake.script(chars=100, reasoning=20, hang=50)
    async with httpx2.AsyncClient(trust_env=False) as client:
        url, asked = f"{fake.base_url}/{path}", {**body("12345678"), "max_tokens": 9}
        for _ in range(3):
            await client.post(url, json=asked)
        async with client.stream("POST", url, json=asked):
            await fake.wait_until(lambda: fake.calls[-1].sent_chars == 50)
            assert fake.bill[0]["calls"] == 2, "the last call goes on, and one was refused"

    await fake.calls[-1].wait_ended()
    assert fake.calls[-1].state == "client_closed"
    completion = 10 + 2 * (13 + 5)
    assert fake.bill == [row("", 3, 3 * 6, completion, cached_tokens=3, cache_write_tokens=2, reasoning_tokens=10)]


def test_process_follows_keys_and_sends_its_bill(process: FakeProviderProcess) -> None:
    process.reset()
    process.set_default(text="1234")
    process.set_key("sk-bad", status=401)

    def ask(key: str) -> int:
        headers = {"Authorization": f"Bearer {key}"}
        answer = httpx2.post(f"{process.base_url}/chat/completions", json=body("Hi"), headers=headers, trust_env=False)
        listed = httpx2.get(f"{process.base_url}/models", headers=headers, trust_env=False)
        assert answer.status_code == listed.status_code
        return answer.status_code

    statuses = [ask("sk-bad"), ask("sk-good")]
    process.set_key("sk-bad")
    process.wait_until(lambda calls: {call["state"] for call in calls} == {"finished"})

    assert [*statuses, ask("sk-bad")] == [401, 200, 200]
    process.wait_until(lambda calls: {call["state"] for call in calls} == {"finished"})
    assert process.bill() == [row("sk-bad", 1, 5, 1), row("sk-good", 1, 5, 1)]
