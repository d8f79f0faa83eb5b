"""Asking over HTTP, with a token and nothing else."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from accounts.tokens import Scope
from conversations.models import Message, Status
from tests.api.listening import PATIENCE, Heard, Program
from tests.fake_provider import filler
from tests.support.server import MODEL, messages_of, on_both_servers

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import httpx2

    from tests.fake_provider import FakeProviderProcess
    from tests.support.server import Server


@pytest.fixture
async def program(server: Server) -> AsyncIterator[Program]:
    async with Program(server, server.give_token(server.sign_up())) as program:
        yield program


def stored(server: Server, reply: str) -> Message:
    with server.database():
        return Message.objects.get(pk=reply)


@on_both_servers
async def test_chat_streams_and_stores(server: Server, fake: FakeProviderProcess, program: Program) -> None:
    fake.set_default(chars=1500, chunk=40, delay=0.005, thoughts="Let me think 😀.")
    heard = Heard()
    kinds = []
    async with program.listen("/api/chat", text=f"Hello {uuid4().hex}", model=MODEL) as events:
        async for event in events:
            kinds.append(event.kind)
            if event.kind == "accepted":
                accepted = event.data
            heard.take(event)
    reply = stored(server, accepted["reply"])
    assert (heard.text, heard.reasoning, heard.cuts) == (filler(1500), "Let me think 😀.", 0)
    assert (reply.content, reply.reasoning, reply.status) == (heard.text, heard.reasoning, Status.COMPLETE)
    assert (kinds[0], kinds[-1], kinds.count("finished")) == ("accepted", "finished", 1)
    assert heard.finished
    assert (heard.finished["status"], heard.finished["text"], heard.finished["finish_reason"]) == (
        "complete",
        heard.text,
        "stop",
    )
    assert heard.last_id == f"{len('Let me think xx.')}.1500"


async def test_chat_answers_whole_where_no_stream_is_wanted(server: Server, program: Program) -> None:
    answer = await program.post("/api/chat", text=f"Hello {uuid4().hex}", model=MODEL)
    found = answer.json()
    assert answer.headers["content-type"] == "application/json"
    assert found["reply"]["status"] == "complete"
    assert found["reply"]["text"] == stored(server, found["reply"]["id"]).content
    assert found["beside"] == []
    again = await program.post(
        "/api/chat", text="And again", model=MODEL, conversation=found["conversation"], client_id="two"
    )
    assert again.json()["conversation"] == found["conversation"]
    with server.database():
        assert [one.role for one in messages_of(found["conversation"])] == ["user", "assistant"] * 2
    read = await program.get(f"/api/replies/{found['reply']['id']}")
    assert read.json() == found["reply"]


@on_both_servers
async def test_leaving_stops_nothing_and_the_same_command_comes_back_to_it(
    server: Server, fake: FakeProviderProcess, program: Program
) -> None:
    fake.set_default(chars=3000, chunk=30, delay=0.01)
    command = {"text": f"Hello {uuid4().hex}", "model": MODEL, "client_id": uuid4().hex}
    async with program.listen("/api/chat", **command) as events:
        accepted = (await anext(events)).data
        assert (await anext(events)).kind == "delta"
    heard = await program.hear("/api/chat", **command)
    assert heard.finished
    assert (heard.finished["id"], heard.text, heard.cuts) == (accepted["reply"], filler(3000), 0)
    assert (await program.post("/api/chat", **command)).json()["reply"] == heard.finished
    assert len(fake.calls()) == 1


async def test_an_idempotency_key_names_the_command(
    server: Server, fake: FakeProviderProcess, program: Program
) -> None:
    program.client.headers["Idempotency-Key"] = uuid4().hex
    text = uuid4().hex
    first, again = [await program.post("/api/chat", text=text, model=MODEL) for _ in range(2)]
    assert first.json() == again.json()
    other = await program.post("/api/chat", text=text, model="openai/gpt-5.5")
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    assert len(fake.calls()) == 1


async def test_the_same_command_in_other_words_is_a_conflict(program: Program) -> None:
    command = {"model": MODEL, "client_id": uuid4().hex}
    assert (await program.post("/api/chat", text="One", **command)).status_code == 200
    other = await program.post("/api/chat", text="Two", **command, stream=True)
    assert (other.status_code, other.json()["code"]) == (409, "conflict")


async def test_models_answer_side_by_side_in_one_stream(
    server: Server, fake: FakeProviderProcess, program: Program
) -> None:
    fake.set_default(chars=1200, chunk=30, delay=0.005)
    models = [MODEL, "openai/gpt-5.5"]
    heard: dict[str, Heard] = {}
    async with program.listen("/api/chat", text=f"Hello {uuid4().hex}", model=models[0], models=models) as events:
        accepted = (await anext(events)).data
        async for event in events:
            heard.setdefault(event.data.get("reply") or event.data["id"], Heard()).take(event)
    assert set(heard) == set(accepted["replies"])
    assert [one.text for one in heard.values()] == [filler(1200)] * 2
    whole = await program.post("/api/chat", text=f"Hello {uuid4().hex}", model=models[0], models=models, client_id="2")
    assert [one["text"] for one in (whole.json()["reply"], *whole.json()["beside"])] == [filler(1200)] * 2


async def test_a_failed_answer_says_why(fake: FakeProviderProcess, program: Program) -> None:
    fake.script(status=400, message="No such luck.", times=9)
    heard = await program.hear("/api/chat", text=f"Hello {uuid4().hex}", model=MODEL)
    assert heard.finished
    assert heard.finished["status"] == "failed"
    assert heard.finished["error"]["code"] == "request_refused"


async def test_stop_keeps_the_text_and_continue_tells_all_of_it(
    server: Server, fake: FakeProviderProcess, program: Program
) -> None:
    fake.set_default(chars=2000, chunk=20, delay=0.005, hang=600)
    heard = Heard()
    async with program.listen("/api/chat", text=f"Hello {uuid4().hex}", model=MODEL) as events:
        reply = (await anext(events)).data["reply"]
        while heard.text != filler(600):
            heard.take(await anext(events))
        stopped = (await program.client.post(f"/api/replies/{reply}/stop")).json()
        async for event in events:
            heard.take(event)
    assert heard.finished == stopped
    assert (stopped["status"], stopped["text"], stopped["can_continue"]) == ("stopped", filler(600), True)
    fake.set_default(text=" The rest.")
    await program.hear(f"/api/replies/{reply}/continue", heard, client_id=uuid4().hex)
    assert heard.finished
    assert (heard.text, heard.finished["status"]) == (stored(server, reply).content, "complete")
    assert heard.text.endswith(" The rest.")
    assert heard.last_id.count(".") == 2


async def test_regenerate_and_edit_make_siblings(server: Server, program: Program) -> None:
    first = (await program.post("/api/chat", text=f"Hello {uuid4().hex}", model=MODEL)).json()
    again = await program.post(f"/api/replies/{first['reply']['id']}/regenerate", model=MODEL)
    assert again.json()["message"] == first["message"]
    assert again.json()["reply"]["id"] != first["reply"]["id"]
    edited = await program.post(f"/api/messages/{first['message']}/edit", text="Goodbye", model=MODEL)
    assert edited.json()["message"] != first["message"]
    assert "Goodbye" in edited.json()["reply"]["text"]
    with server.database():
        assert [one.role for one in messages_of(first["conversation"])].count("user") == 2


async def sent(program: Program, message: dict[str, str]) -> httpx2.Response:
    """Send a message again until it does not wait any more."""
    deadline = time.monotonic() + PATIENCE
    while (answer := await program.post("/api/chat", **message, queue=True)).status_code == 202:
        assert time.monotonic() < deadline, "it waits for ever"
        await asyncio.sleep(0.05)
    return answer


async def test_a_message_waits_for_its_turn(fake: FakeProviderProcess, program: Program) -> None:
    fake.set_default(chars=900, chunk=30, delay=0.01)
    async with program.listen("/api/chat", text="One", model=MODEL) as events:
        accepted = (await anext(events)).data
        second = {"text": "Two", "model": MODEL, "conversation": accepted["conversation"], "client_id": uuid4().hex}
        refused = await program.post("/api/chat", **second)
        assert (refused.status_code, refused.json()["code"]) == (409, "busy")
        waiting = await program.post("/api/chat", **second, queue=True)
        assert (waiting.status_code, waiting.json()["client_id"]) == (202, second["client_id"])
        async for _ in events:
            pass
    answer = await sent(program, second)
    assert answer.json()["reply"]["text"] == filler(900)


async def test_whoever_starts_a_model_is_told_what_is_left(program: Program) -> None:
    answer = await program.post("/api/chat", text=f"Hello {uuid4().hex}", model=MODEL)
    left = [int(answer.headers[f"x-ratelimit-{name}"]) for name in ("limit", "remaining", "reset")]
    assert left[0] == 10_000
    assert left[1] == 9_999
    assert 0 < left[2] <= 60


async def test_a_token_to_read_asks_nobody_and_reads_on(server: Server, fake: FakeProviderProcess) -> None:
    alice = server.sign_up()
    async with Program(server, server.give_token(alice)) as asker:
        reply = (await asker.post("/api/chat", text=f"Hello {uuid4().hex}", model=MODEL)).json()["reply"]
    async with Program(server, server.give_token(alice, Scope.READ)) as reader:
        assert (await reader.post("/api/chat", text=f"Hello {uuid4().hex}", model=MODEL)).status_code == 403
        assert (await reader.client.post(f"/api/replies/{reply['id']}/stop")).status_code == 403
        heard = await reader.hear(f"/api/replies/{reply['id']}/events")
        assert (heard.text, heard.finished) == (reply["text"], reply)
    async with Program(server, server.give_token(server.sign_up("bob"))) as bob:
        for path in ("", "/events"):
            assert (await bob.get(f"/api/replies/{reply['id']}{path}")).status_code == 404
        for path in ("stop", "continue", "regenerate"):
            body = {"model": MODEL} if path == "regenerate" else {}
            assert (await bob.post(f"/api/replies/{reply['id']}/{path}", **body)).status_code == 404
    assert len(fake.calls()) == 1


async def test_a_revoked_token_ends_its_streams(server: Server, fake: FakeProviderProcess) -> None:
    fake.set_default(chars=2000, chunk=20, delay=0.005, hang=600)
    alice = server.sign_up()
    async with Program(server, server.give_token(alice)) as program:
        async with program.listen("/api/chat", text=f"Hello {uuid4().hex}", model=MODEL) as events:
            reply = (await anext(events)).data["reply"]
            await anext(events)
            revoke = server.post("/accounts/settings/tokens/revoke/", alice)
            assert revoke.status in (200, 302), revoke.text
            kinds = [event.kind async for event in events]
        assert (kinds[-1], kinds.count("finished")) == ("error", 0)
    assert stored(server, reply).status == Status.STREAMING


@pytest.mark.parametrize("last_id", ["x", "1", "-1.0", "1.2.zzzzzzzz", "9" * 40])
async def test_an_id_that_was_never_given_is_refused(program: Program, last_id: str) -> None:
    reply = (await program.post("/api/chat", text=f"Hello {uuid4().hex}", model=MODEL)).json()["reply"]
    refused = await program.client.get(f"/api/replies/{reply['id']}/events", headers={"Last-Event-ID": last_id})
    assert (refused.status_code, refused.json()["code"]) == (400, "bad_request")
