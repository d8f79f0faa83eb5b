"""Following replies: whoever comes, goes and comes back has every word once."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.db.models.signals import post_init
from django.utils import timezone

from chatproject.database import in_database
from chatproject.errors import BadRequest, Forbidden
from conversations import broadcast, generation, services
from conversations.checkpoints import Ending, end_reply
from conversations.following import START, Ended, Event, Grown, Position, Quiet, _Cursor, _Ear, _look, follow
from conversations.models import Message, ReplyChunk, Role, Status
from conversations.protocol import ReplyDelta
from conversations.questions import Turn
from conversations.text import utf16_length
from tests.conversations.asking import PATIENCE, ask, go_on, stop, stored
from tests.conversations.asking import follow as watch
from tests.fake_provider import Behaviour, FakeProvider, filler
from tests.support.factories import make_conversation, make_message

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Mapping
    from uuid import UUID

    from accounts.models import User

pytestmark = pytest.mark.django_db(transaction=True)


class Reader:
    """What somebody has who cuts at the offset and appends."""

    def __init__(self) -> None:
        self.text = self.reasoning = ""
        self.position = START
        self.ended: Message | None = None
        self.cuts = 0

    def read(self, event: Event) -> None:
        if isinstance(event, Quiet):
            return
        self.position = event.position
        if isinstance(event, Ended):
            self.ended = event.saved.reply
        elif event.is_reasoning:
            self.reasoning = self._grown(self.reasoning, event)
        else:
            self.text = self._grown(self.text, event)
        assert (utf16_length(self.reasoning), utf16_length(self.text)) == (self.position.reasoning, self.position.text)

    def _grown(self, shown: str, event: Grown) -> str:
        units = shown.encode("utf-16-le")
        assert len(units) >= 2 * event.offset, "a gap"
        self.cuts += len(units) > 2 * event.offset
        return (units[: 2 * event.offset] + event.text.encode("utf-16-le")).decode("utf-16-le")


async def read_to_end(user: User, turn: Turn, reader: Reader | None = None) -> Reader:
    reader = reader or Reader()
    async with asyncio.timeout(PATIENCE), following(user, turn, {turn.reply.pk: reader.position}) as events:
        async for event in events:
            reader.read(event)
    return reader


def following(
    user: User, turn: Turn, positions: Mapping[UUID, Position], check: Callable[[], None] = lambda: None
) -> aclosing[AsyncGenerator[Event, None]]:
    return aclosing(follow(user, turn.conversation.pk, positions, check=check))


async def begun(user: User) -> Turn:
    """Give a turn whose reply another process writes."""

    def store() -> Turn:
        question = make_message(make_conversation(user))
        written = {"role": Role.ASSISTANT, "status": Status.STREAMING, "heartbeat_at": timezone.now()}
        return Turn(question.conversation, question, make_message(question.conversation, "", **written))

    return await in_database(store)


async def save(turn: Turn, offset: int, text: str) -> None:
    await in_database(ReplyChunk.objects.create, reply=turn.reply, offset=offset, text=text)


def delta(turn: Turn, offset: int, text: str) -> ReplyDelta:
    return ReplyDelta(turn.reply.pk, offset, text)


async def test_follower_has_all_words_once_and_the_end(asker: User, fake: FakeProvider) -> None:
    fake.default = Behaviour(chars=4000, chunk=40, delay=0.01, thoughts="First I think 😀. " * 20)
    turn, _ = await ask(asker)
    reader = await read_to_end(asker, turn)
    message = await stored(turn)
    assert (reader.text, reader.reasoning, reader.cuts) == (filler(4000), message.reasoning, 0)
    assert reader.ended == message
    assert reader.ended
    assert reader.ended.status == Status.COMPLETE


async def test_follower_comes_back_anywhere_without_gap_or_repetition(asker: User, fake: FakeProvider) -> None:
    fake.default = Behaviour(chars=5000, chunk=40, delay=0.02)
    turn, _ = await ask(asker)
    reader, visits = Reader(), 0
    while not reader.ended:
        visits += 1
        async with asyncio.timeout(PATIENCE), following(asker, turn, {turn.reply.pk: reader.position}) as events:
            for _ in range(visits % 3 + 1):
                if event := await anext(events, None):
                    reader.read(event)
    assert (reader.text, reader.cuts) == (filler(5000), 0)
    assert visits > 5


async def test_follower_who_comes_into_a_pause_has_what_was_told_and_not_saved(asker: User, fake: FakeProvider) -> None:
    fake.default = Behaviour(chars=2000, chunk=40, hang=1000)
    turn, onlooker = await ask(asker)
    await onlooker.wait_for_length("reply.delta", 1000)
    reader = Reader()
    async with asyncio.timeout(PATIENCE), following(asker, turn, {turn.reply.pk: START}) as events:
        while reader.text != filler(1000):
            reader.read(await anext(events))


async def test_follower_of_an_ended_reply_gets_the_rest_at_once(asker: User, fake: FakeProvider) -> None:
    fake.default = Behaviour(chars=1000)
    turn, _ = await ask(asker)
    await generation.drain(PATIENCE)
    reader = Reader()
    reader.text, reader.position = filler(1000)[:300], Position(0, 300)
    await read_to_end(asker, turn, reader)
    assert (reader.text, reader.cuts) == (filler(1000), 0)


async def test_follower_hears_of_several_replies(asker: User, fake: FakeProvider) -> None:
    fake.default = Behaviour(chars=2000, chunk=40, delay=0.005)
    models = ["openai/gpt-5.5", "openai/fake-echo"]
    command = partial(services.send_message, asker, client_id=uuid4().hex, conversation_id=None, parent_id=None)
    turn, _ = await watch(asker, await in_database(command, text="Hello", model=models[0], models=models))
    readers = {reply.pk: Reader() for reply in turn.replies}
    async with asyncio.timeout(PATIENCE), following(asker, turn, dict.fromkeys(readers, START)) as events:
        async for event in events:
            if not isinstance(event, Quiet):
                readers[event.saved.reply.pk if isinstance(event, Ended) else event.reply].read(event)
    assert [reader.text for reader in readers.values()] == [filler(2000)] * 2
    assert [reader.ended.pk for reader in readers.values() if reader.ended] == list(readers)


async def test_follower_reads_what_was_lost_between_two_frames(asker: User) -> None:
    turn = await begun(asker)
    group = broadcast.conversation(turn.conversation.pk)
    reader = Reader()
    async with asyncio.timeout(PATIENCE), following(asker, turn, {turn.reply.pk: START}) as events:
        await save(turn, 0, "saved ")
        reader.read(await anext(events))
        await save(turn, 6, "lost ")
        await broadcast.send(group, delta(turn, 11, "heard"))
        reader.read(await anext(events))
        assert reader.text == "saved lost "
        await broadcast.send(group, delta(turn, 6, "lost heard"))
        reader.read(await anext(events))
    assert (reader.text, reader.cuts) == ("saved lost heard", 0)


async def test_follower_hears_only_the_newest_of_what_waits(asker: User) -> None:
    turn = await begun(asker)
    reader = Reader()
    async with asyncio.timeout(PATIENCE), following(asker, turn, {turn.reply.pk: START}) as events:
        await save(turn, 0, "a")
        reader.read(await anext(events))
        for length in range(1, 1000):
            await broadcast.send(broadcast.conversation(turn.conversation.pk), delta(turn, 1, "b" * length))
        event = await anext(events)
    assert isinstance(event, Grown)
    assert (event.offset, event.text) == (1, "b" * 999)


async def test_follower_reads_on_where_another_process_writes_and_nothing_is_told(
    asker: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("conversations.following.LOOK_INTERVAL", 0.05)
    turn = await begun(asker)
    reader = Reader()
    async with asyncio.timeout(PATIENCE), following(asker, turn, {turn.reply.pk: START}) as events:
        await save(turn, 0, "One ")
        reader.read(await anext(events))
        await save(turn, 4, "two ")
        reader.read(await anext(events))
        await in_database(
            end_reply, turn.reply.run, Ending(Status.COMPLETE, finish_reason="stop"), text="One two three", html=""
        )
        async for event in events:
            reader.read(event)
    assert (reader.text, reader.cuts) == ("One two three", 0)
    assert reader.ended


async def test_follower_starts_over_where_another_run_wrote_what_he_has(asker: User, fake: FakeProvider) -> None:
    fake.default = Behaviour(chars=3000, chunk=40, delay=0.01, hang=1200)
    turn, onlooker = await ask(asker)
    await onlooker.wait_for_length("reply.delta", 1200)
    await stop(asker, turn)
    await generation.drain(PATIENCE)
    fake.default = Behaviour(text="And more.")
    await go_on(asker, turn)
    reader = Reader()
    reader.text, reader.position = "x" * 1500, Position(0, 1500)
    await read_to_end(asker, turn, reader)
    message = await stored(turn)
    assert (reader.text, reader.cuts) == (message.content, 1)
    assert reader.position.run
    again = Reader()
    again.text, again.position = message.content, reader.position
    await read_to_end(asker, turn, again)
    assert (again.text, again.cuts) == (message.content, 0)


async def test_follower_cuts_what_a_killed_process_never_saved(asker: User) -> None:
    turn = await begun(asker)
    await save(turn, 0, "saved")
    await in_database(end_reply, turn.reply.run, Ending(Status.INTERRUPTED), text="saved", html="")
    reader = Reader()
    reader.text, reader.position = "saved and lost", Position(0, 14)
    await read_to_end(asker, turn, reader)
    assert (reader.text, reader.cuts) == ("saved", 1)


async def test_follower_is_sent_away_when_he_may_not_read_any_more(asker: User) -> None:
    turn = await begun(asker)

    def check() -> None:
        raise Forbidden("The token was revoked.")

    async with asyncio.timeout(PATIENCE), following(asker, turn, {turn.reply.pk: START}, check=check) as events:
        await save(turn, 0, "One")
        await anext(events)
        await broadcast.close_sockets(asker.pk)
        with pytest.raises(Forbidden):
            await anext(events)


async def test_follower_who_leaves_is_forgotten_and_stops_nothing(asker: User, fake: FakeProvider) -> None:
    fake.default = Behaviour(chars=2000, chunk=40, delay=0.01)
    turn, onlooker = await ask(asker)
    await broadcast.hub.leave(broadcast.conversation(turn.conversation.pk), onlooker)
    async with asyncio.timeout(PATIENCE), following(asker, turn, {turn.reply.pk: START}) as events:
        await anext(events)
    assert broadcast.conversation(turn.conversation.pk) not in broadcast.hub._groups
    await generation.drain(PATIENCE)
    assert (await stored(turn)).content == filler(2000)


@pytest.mark.parametrize("written", ["", "1", "1.", "-1.2", "1.2.3", "1.2.ABCDEF12", "1.2 ", "٣.٤", "9" * 30 + ".1"])
def test_position_refuses_what_it_never_wrote(written: str) -> None:
    with pytest.raises(BadRequest):
        Position.parse(written)


@pytest.mark.parametrize("position", [START, Position(3, 4), Position(0, 7, "0123abcd")])
def test_position_is_read_as_it_is_written(position: Position) -> None:
    assert Position.parse(str(position)) == position


async def test_what_is_told_while_a_reply_is_read_is_read_again(asker: User) -> None:
    turn = await begun(asker)
    reply = turn.reply.pk
    ear, cursors = _Ear([reply]), {reply: _Cursor(reply, START)}

    def told(**_of: object) -> None:
        ear.deliver(f'{{"type": "reply.finished", "reply": "{reply}"}}', "")

    post_init.connect(told, sender=Message)
    try:
        await _look(asker, ear, cursors)
    finally:
        post_init.disconnect(told, sender=Message)
    assert ear.due == {reply}
    await _look(asker, ear, cursors)
    assert ear.due == set()
