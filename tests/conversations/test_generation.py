"""The life of a reply in one process: the engine against a provider that misbehaves over a real connection."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connections

from chatproject.database import in_database
from conversations import generation, selectors, services, sweeper
from conversations.models import Message, ReplyChunk, Status
from conversations.rendering import closed_length
from tests.conversations.asking import PATIENCE, Onlooker, ask, go_on, stop, stored
from tests.fake_provider import Behaviour, FakeProvider, filler

if TYPE_CHECKING:
    from accounts.models import User
    from conversations.questions import Turn

pytestmark = pytest.mark.django_db(transaction=True)


async def test_reply_streams_and_is_stored_complete(asker: User, fake: FakeProvider) -> None:
    fake.default = Behaviour(chars=3000, delay=0.005)
    turn, onlooker = await ask(asker)
    finished = await onlooker.wait_for("reply.finished")
    await onlooker.wait_for("conversation.changed", running=False)
    await generation.drain(PATIENCE)
    message = await stored(turn)
    assert (message.status, message.content) == (Status.COMPLETE, filler(3000))
    assert (finished["status"], finished["text"], finished["html"]) == ("complete", message.content, message.html)
    assert finished["finish_reason"] == "stop"
    assert finished["usage"] == {
        "prompt_tokens": message.prompt_tokens,
        "completion_tokens": message.tokens,
        "estimated": False,
    }
    assert len(onlooker.of("reply.delta")) > 3
    kinds = [frame["type"] for frame in onlooker.frames]
    assert kinds[:3] == ["message.created", "reply.started", "conversation.changed"]
    assert kinds[-2:] == ["reply.finished", "conversation.changed"]
    assert [frame["running"] for frame in onlooker.of("conversation.changed")] == [True, False]
    assert generation.running() == 0


async def test_reply_frames_and_checkpoints_always_make_the_whole(asker: User, fake: FakeProvider) -> None:
    fake.default = Behaviour(chars=12_001, chunk=40, delay=0.01, hang=12_000)
    turn, onlooker = await ask(asker)
    text, blocks, upto, saved_once = "", 0, 0, False
    seen = 0
    async with asyncio.timeout(PATIENCE):
        while text != filler(12_000) or upto <= 10_000:
            await asyncio.sleep(0.01)
            for frame in onlooker.frames[seen:]:
                seen += 1
                if frame["type"] == "reply.delta":
                    assert frame["offset"] <= len(text)
                    text = text[: frame["offset"]] + frame["text"]
                    assert filler(12_000).startswith(text)
                    saved_once = saved_once or frame["offset"] > 0
                if frame["type"] == "reply.html":
                    assert frame["index"] <= blocks
                    blocks = frame["index"] + frame["closed"]
                    upto = frame["upto"]
    assert saved_once, "a checkpoint moved the offset"
    assert blocks > 1
    generation.stop(turn.reply.pk)
    await onlooker.wait_for("reply.finished", status="stopped")
    assert (await stored(turn)).content == filler(12_000)
    assert not await in_database(ReplyChunk.objects.exists)


async def test_long_open_block_is_read_no_more_than_in_proportion_to_its_length(
    asker: User, fake: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []

    def counted(source: str) -> int:
        read.append(len(source))
        return closed_length(source)

    monkeypatch.setattr(generation, "RENDER_INTERVAL", 0.005)
    monkeypatch.setattr(generation, "closed_length", counted)
    code = "```python\n" + "x = 1\n" * 3_000
    fake.default = Behaviour(text=code, chunk=90, delay=0.01)
    _, onlooker = await ask(asker)
    await onlooker.wait_for("reply.finished", status="complete")
    assert 0 < sum(read) < 12 * len(code)


async def test_reply_keeps_how_long_its_first_token_took(asker: User, fake: FakeProvider) -> None:
    fake.default = Behaviour(chars=100)
    turn, onlooker = await ask(asker)
    await onlooker.wait_for("reply.finished")
    assert 0 < ((await stored(turn)).first_token_ms or 0) < PATIENCE * 1000
    fake.default = Behaviour(chars=0)
    silent, onlooker = await ask(asker)
    await onlooker.wait_for("reply.finished")
    assert (await stored(silent)).first_token_ms is None


async def test_first_token_is_waited_for_since_the_question_was_taken(asker: User, fake: FakeProvider) -> None:
    turn, onlooker = await ask(asker)
    turn.reply.created_at -= timedelta(minutes=1)
    await onlooker.wait_for("reply.finished")
    assert 60_000 <= ((await stored(turn)).first_token_ms or 0) < 60_000 + PATIENCE * 1000


async def test_first_token_that_came_at_once_is_not_a_later_one(asker: User, fake: FakeProvider) -> None:
    fake.default = Behaviour(endless=True, delay=0.01)
    turn, onlooker = await ask(asker)
    turn.reply.created_at += timedelta(hours=1)
    told = len((await onlooker.wait_for("reply.delta"))["text"])
    turn.reply.created_at -= timedelta(hours=2)
    await onlooker.wait_until(lambda: any(len(one["text"]) > told for one in onlooker.of("reply.delta")))
    await stop(asker, turn)
    await onlooker.wait_for("reply.finished")
    assert (await stored(turn)).first_token_ms == 0


@pytest.mark.parametrize(
    ("behaviour", "code", "status"),
    [
        (Behaviour(status=401), "bad_credentials", Status.FAILED),
        (Behaviour(status=429, retry_after="60"), "provider_rate_limited", Status.FAILED),
        (Behaviour(status=500), "provider_unavailable", Status.FAILED),
        (Behaviour(chars=600, cut=300), "stream_interrupted", Status.INTERRUPTED),
        (Behaviour(chars=0), "empty_answer", Status.FAILED),
    ],
)
async def test_reply_that_fails_says_why_and_keeps_its_text(
    asker: User, fake: FakeProvider, behaviour: Behaviour, code: str, status: Status
) -> None:
    fake.default = behaviour
    turn, onlooker = await ask(asker)
    finished = await onlooker.wait_for("reply.finished")
    message = await stored(turn)
    assert (message.status, message.error_code) == (status, code)
    assert filler(600).startswith(message.content)
    assert finished["error"] == {"code": code, "message": message.error_message}
    assert "sk-test" not in message.error_message
    assert finished["can_continue"] is True


async def test_stop_ends_the_provider_call_and_keeps_what_was_shown(asker: User, fake: FakeProvider) -> None:
    fake.default = Behaviour(chars=50_000, delay=0.02)
    turn, onlooker = await ask(asker)
    call = await fake.next_call()
    await onlooker.wait_for("reply.delta")
    await stop(asker, turn)
    finished = await onlooker.wait_for("reply.finished")
    await asyncio.wait_for(call.wait_ended(), PATIENCE)
    last = onlooker.of("reply.delta")[-1]
    message = await stored(turn)
    assert call.state == "client_closed"
    assert message.status == Status.STOPPED
    assert message.content.startswith(last["text"], last["offset"])
    assert finished["usage"]["estimated"] is True
    assert finished["can_continue"] is True


async def test_stop_whose_nudge_is_lost_is_seen_at_the_next_save(asker: User, fake: FakeProvider) -> None:
    fake.default = Behaviour(chars=50_000, delay=0.02)
    turn, onlooker = await ask(asker)
    await onlooker.wait_for("reply.delta")
    await in_database(services.request_stop, asker, turn.reply.pk)
    finished = await onlooker.wait_for("reply.finished")
    assert finished["status"] == "stopped"


async def test_continue_goes_on_in_the_same_message(asker: User, fake: FakeProvider) -> None:
    fake.default = Behaviour(chars=600, cut=300)
    turn, onlooker = await ask(asker)
    await onlooker.wait_for("reply.finished")
    before = await stored(turn)
    fake.default = Behaviour(chars=100)
    await go_on(asker, turn)
    await onlooker.wait_for("reply.finished", status="complete")
    after = await stored(turn)
    assert after.content == before.content + filler(100)
    assert after.first_token_ms == before.first_token_ms
    assert (after.tokens or 0) > (before.tokens or 0)
    asked = (await fake.next_call(after=1)).body["messages"]
    assert asked[-2] == {"role": "assistant", "content": before.content}
    assert asked[-1]["role"] == "user"


async def test_continue_pressed_while_the_end_is_being_told_has_a_run_of_its_own(
    asker: User, fake: FakeProvider
) -> None:
    class Impatient(Onlooker):
        """Presses Continue in the moment in which it hears of the end."""

        def deliver(self, text: str, replaces: str) -> None:
            super().deliver(text, replaces)
            if self.frames[-1]["type"] == "reply.finished" and len(self.of("reply.finished")) == 1:
                generation.start(pool.submit(press).result())

    def press() -> Turn:
        try:
            return services.continue_reply(asker, client_id="go-on", reply_id=turn.reply.pk)
        finally:
            connections.close_all()

    fake.script(chars=600, cut=300)
    fake.default = Behaviour(chars=50_000, delay=0.02)
    with ThreadPoolExecutor(1) as pool:
        turn, onlooker = await ask(asker, onlooker=Impatient())
        await onlooker.wait_for("conversation.changed", running=False)
        await onlooker.wait_for("reply.delta", offset=300)
    assert generation.running_replies() == {turn.reply.pk}
    generation.stop(turn.reply.pk)
    assert (await onlooker.wait_for("reply.finished", status="stopped"))["text"].startswith(filler(300) + filler(12))


async def test_reply_somebody_else_ended_is_told_as_stored(asker: User, fake: FakeProvider) -> None:
    from conversations.checkpoints import Ending, end_reply  # noqa: PLC0415 - what another process would call

    fake.default = Behaviour(chars=50_000, delay=0.02)
    turn, onlooker = await ask(asker)
    await onlooker.wait_for("reply.delta")

    def end_elsewhere() -> bool:
        return end_reply(turn.reply.run, Ending(Status.INTERRUPTED), text="kept", html="<p>kept</p>")

    assert await in_database(end_elsewhere)
    finished = await onlooker.wait_for("reply.finished")
    assert (finished["status"], finished["text"]) == ("interrupted", "kept")
    assert (await stored(turn)).content == "kept"


async def test_endless_answer_is_cut_with_a_note(
    asker: User, fake: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generation, "MAX_CHARACTERS", 2_000)
    fake.default = Behaviour(chars=20_000)
    turn, onlooker = await ask(asker)
    finished = await onlooker.wait_for("reply.finished")
    assert (finished["status"], finished["finish_reason"], finished["can_continue"]) == ("complete", "length", True)
    assert 2_000 < len((await stored(turn)).content) < 20_000


async def test_sweep_ends_orphans_at_the_second_look_and_never_the_living(asker: User, fake: FakeProvider) -> None:
    fake.default = Behaviour(chars=50_000, delay=0.02)
    alive, onlooker = await ask(asker)
    await onlooker.wait_for("reply.delta")

    def orphan() -> Message:
        turn = services.send_message(
            asker, client_id="orphan", conversation_id=None, parent_id=None, text="x", model="openai/gpt-5.5"
        )
        ReplyChunk.objects.create(reply=turn.reply, offset=0, text="Half **an")
        Message.objects.update(heartbeat_at="2020-01-01T00:00:00Z")
        return turn.reply

    reply = await in_database(orphan)
    suspects = await sweeper.sweep(set())
    assert {suspect.id for suspect in suspects} == {reply.pk}
    assert (await in_database(selectors.get_snapshot, reply.pk)).reply.is_streaming
    assert await sweeper.sweep(suspects) == set()
    ended = (await in_database(selectors.get_snapshot, reply.pk)).reply
    assert (ended.status, ended.content, ended.error_code) == (Status.INTERRUPTED, "Half **an", "interrupted")
    assert ended.can_continue
    assert (await stored(alive)).is_streaming
