"""Messages that wait: they go out in their order when their turn comes, once, and not after an answer that failed."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from asgiref.sync import async_to_sync
from django.db.models.functions import Now

from accounts.models import User
from chatproject.database import in_database
from chatproject.errors import Conflict, NotFound
from conversations import announcing, generation, queueing, services, sweeper, turns
from conversations.models import Message, QueuedMessage, Role
from conversations.queueing import MOST_WAITING
from conversations.sweeper import SilentReply
from tests.conversations.asking import PATIENCE, ask, stop
from tests.support.factories import make_conversation, make_message, make_user

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django.fixtures import Settings

    from tests.fake_provider import FakeProvider

pytestmark = pytest.mark.django_db(transaction=True)
MODEL = "openai/gpt-5.5"
ENDLESS = "Tell me. [[fake: endless delay=0.02]]"


@pytest.fixture(autouse=True)
def going_on() -> Iterator[None]:
    """Let answers that end take the next turn, as in a server."""
    announcing.hooks.after_end = turns.after_end
    yield
    announcing.hooks.after_end = None


async def enqueue(
    user: User, conversation: UUID, text: str, client_id: str = "", model: str = MODEL
) -> QueuedMessage | None:
    return await in_database(
        queueing.queue_message,
        user,
        client_id=client_id or uuid4().hex,
        conversation_id=conversation,
        text=text,
        model=model,
    )


async def said(conversation: UUID) -> list[str]:
    questions = Message.objects.filter(conversation=conversation, role=Role.USER).order_by("created_at", "pk")
    return await in_database(lambda: list(questions.values_list("content", flat=True)))


async def waiting(conversation: UUID) -> list[tuple[str, bool]]:
    return [(one.text, one.held) for one in await in_database(queueing.list_waiting, conversation)]


async def test_waiting_messages_go_out_in_their_order_after_the_answer(asker: User) -> None:
    turn, onlooker = await ask(asker, "First [[fake: chars=200 delay=0.02]]")
    talk = turn.conversation.pk
    for text in ("Second [[fake: chars=60]]", "Third [[fake: chars=60]]"):
        assert await enqueue(asker, talk, text)
    await onlooker.wait_until(lambda: len(onlooker.of("reply.finished")) == 3)
    assert [words[:5] for words in await said(talk)] == ["First", "Secon", "Third"]
    assert await waiting(talk) == []
    assert onlooker.of("queue.changed")[-1]["waiting"] == []
    kinds = [frame["type"] for frame in onlooker.frames if frame["type"] != "reply.delta"]
    assert kinds.count("message.created") == 3


async def test_waiting_message_goes_out_after_an_answer_that_was_stopped(asker: User) -> None:
    turn, onlooker = await ask(asker, ENDLESS)
    await onlooker.wait_for("reply.delta")
    await enqueue(asker, turn.conversation.pk, "Next [[fake: chars=60]]")
    await stop(asker, turn)
    await onlooker.wait_until(lambda: len(onlooker.of("reply.finished")) == 2)
    assert [one["status"] for one in onlooker.of("reply.finished")] == ["stopped", "complete"]


async def test_waiting_message_is_held_after_an_answer_that_failed(asker: User, fake: FakeProvider) -> None:
    turn, onlooker = await ask(asker, "Fail [[fake: chars=100 delay=0.3 drop=60]]")
    talk = turn.conversation.pk
    await onlooker.wait_for("reply.delta")
    assert await enqueue(asker, talk, "Next [[fake: chars=60]]")
    ended = await onlooker.wait_for("reply.finished")
    assert ended["status"] not in {"complete", "stopped"}
    held = await _wait_for_held(onlooker)
    assert held["problem"] == queueing.UNANSWERED
    assert len(await said(talk)) == 1
    await in_database(queueing.release_queued, asker, UUID(held["id"]))
    await turns.take_forgotten()
    await onlooker.wait_until(lambda: len(onlooker.of("reply.finished")) == 2)
    assert await waiting(talk) == []


async def test_nobody_takes_the_turn_after_an_answer_that_failed_though_its_process_died(
    asker: User, fake: FakeProvider
) -> None:
    announcing.hooks.after_end = None
    turn, onlooker = await ask(asker, "Fail [[fake: chars=100 delay=0.3 drop=60]]")
    talk = turn.conversation.pk
    await onlooker.wait_for("reply.delta")
    assert await enqueue(asker, talk, "Next [[fake: chars=60]]")
    await onlooker.wait_for("reply.finished")
    await turns.take_forgotten()
    await turns.settle()
    await generation.drain(PATIENCE)
    assert await waiting(talk) == [("Next [[fake: chars=60]]", True)]
    assert len(await said(talk)) == 1


async def _wait_for_held(onlooker: Any) -> dict[str, Any]:
    def held() -> list[dict[str, Any]]:
        return [one for frame in onlooker.of("queue.changed") for one in frame["waiting"] if one["held"]]

    await onlooker.wait_until(lambda: bool(held()))
    found: dict[str, Any] = held()[0]
    return found


async def test_what_is_refused_at_its_turn_is_held_with_the_reason(asker: User) -> None:
    turn, onlooker = await ask(asker, "First [[fake: chars=100 delay=0.02]]")
    queued = await enqueue(asker, turn.conversation.pk, "Second")
    assert queued
    await in_database(lambda: QueuedMessage.objects.filter(pk=queued.pk).update(model="openai/gone"))
    held = await _wait_for_held(onlooker)
    assert "gone" in held["problem"] or "model" in held["problem"]
    assert len(await said(turn.conversation.pk)) == 1


async def test_what_waits_when_the_server_stops_is_held_and_not_sent(
    asker: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "_rest", Event())
    turn, onlooker = await ask(asker, ENDLESS)
    talk = turn.conversation.pk
    await onlooker.wait_for("reply.delta")
    await enqueue(asker, talk, "Next [[fake: chars=60]]")
    turns.rest()
    await generation.drain(0)
    await turns.settle()
    assert await waiting(talk) == [("Next [[fake: chars=60]]", True)]
    assert len(await said(talk)) == 1


async def test_process_that_drains_takes_no_turn_whoever_asks(asker: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "_rest", Event())
    turn, onlooker = await ask(asker, ENDLESS)
    talk = turn.conversation.pk
    await onlooker.wait_for("reply.delta")
    await enqueue(asker, talk, "Next [[fake: chars=60]]")
    turns.rest()
    await stop(asker, turn)
    await onlooker.wait_for("reply.finished")
    await turns.go_on(talk)  # as when somebody lets it go, or another message comes
    assert await waiting(talk) == [("Next [[fake: chars=60]]", False)]
    assert len(await said(talk)) == 1


async def test_turn_is_taken_once_by_whoever_comes_first(asker: User) -> None:
    announcing.hooks.after_end = None
    turn, onlooker = await ask(asker, "First [[fake: chars=60]]")
    await enqueue(asker, turn.conversation.pk, "Second [[fake: chars=60]]")
    await onlooker.wait_for("reply.finished")
    await asyncio.gather(*(turns.go_on(turn.conversation.pk) for _ in range(5)))
    await generation.drain(PATIENCE)
    assert len(await said(turn.conversation.pk)) == 2


async def test_who_looks_for_what_was_forgotten_waits_for_no_turn_and_begins_it_once(asker: User) -> None:
    announcing.hooks.after_end = None
    turn, onlooker = await ask(asker, "First [[fake: chars=60]]")
    await enqueue(asker, turn.conversation.pk, "Second [[fake: chars=60]]")
    await onlooker.wait_for("reply.finished")
    for _ in range(2):
        await turns.take_forgotten()
    assert len(turns._tasks) == 1
    await turns.settle()
    await generation.drain(PATIENCE)
    assert len(await said(turn.conversation.pk)) == 2


async def test_reasons_are_told_in_the_language_of_the_person(fake: FakeProvider) -> None:
    asker = await in_database(lambda: make_user(language="de"))
    turn, onlooker = await ask(asker, "First [[fake: chars=100 delay=0.02]]")
    queued = await enqueue(asker, turn.conversation.pk, "Second")
    assert queued
    await in_database(lambda: QueuedMessage.objects.filter(pk=queued.pk).update(model="openai/gone"))
    held = await _wait_for_held(onlooker)
    assert held["problem"].startswith("Das Modell ")


def test_orphan_is_ended_in_the_language_of_the_person(talk: Message, alice: User) -> None:
    User.objects.update(language="de")
    Message.objects.filter(pk=talk.pk).update(heartbeat_at=Now())
    put(alice, talk)
    async_to_sync(sweeper.end_orphan)(SilentReply(talk.pk, datetime.now(UTC) + timedelta(seconds=1)))
    talk.refresh_from_db()
    held = QueuedMessage.objects.get()
    assert talk.error_message.startswith("Der Server hat angehalten")
    assert held.problem.startswith("Die Antwort davor")


async def test_nothing_waits_where_nothing_is_before_it(asker: User) -> None:
    turn, onlooker = await ask(asker, "First [[fake: chars=60]]")
    await onlooker.wait_for("reply.finished")
    assert await enqueue(asker, turn.conversation.pk, "Second") is None


async def test_same_message_waits_once_and_is_not_sent_again_afterwards(asker: User) -> None:
    turn, onlooker = await ask(asker, ENDLESS)
    talk = turn.conversation.pk
    first = await enqueue(asker, talk, "Next [[fake: chars=60]]", client_id="c1")
    again = await enqueue(asker, talk, "Next [[fake: chars=60]]", client_id="c1")
    assert first == again
    with pytest.raises(Conflict):
        await enqueue(asker, talk, "Other words", client_id="c1")
    await onlooker.wait_for("reply.delta")
    await stop(asker, turn)
    await onlooker.wait_until(lambda: len(onlooker.of("reply.finished")) == 2)
    assert await enqueue(asker, talk, "Next [[fake: chars=60]]", client_id="c1") is None
    assert len(await said(talk)) == 2


# Rules that need no engine


@pytest.fixture
def talk(alice: User) -> Message:
    """Give an answer that is being written."""
    conversation = make_conversation(alice)
    make_message(conversation)
    return make_message(conversation, "", role=Role.ASSISTANT, status="streaming", model="demo/demo")


def put(user: User, talk: Message, text: str = "Next") -> QueuedMessage:
    queued = queueing.queue_message(
        user, client_id=uuid4().hex, conversation_id=talk.conversation_id, text=text, model="demo/demo"
    )
    assert queued
    return queued


def test_no_more_than_some_wait(talk: Message, alice: User) -> None:
    for number in range(MOST_WAITING):
        put(alice, talk, str(number))
    with pytest.raises(Conflict):
        put(alice, talk, "one more")


def test_waiting_message_is_changed_and_withdrawn_and_then_gone(talk: Message, alice: User) -> None:
    queued = put(alice, talk)
    assert queueing.edit_queued(alice, queued.pk, text="Better").text == "Better"
    queueing.withdraw_queued(alice, queued.pk)
    for act in (queueing.withdraw_queued, queueing.release_queued):
        with pytest.raises(NotFound):
            act(alice, queued.pk)


def test_it_is_nobodys_turn_while_as_many_answers_are_written_as_may_be(
    talk: Message, alice: User, settings: Settings
) -> None:
    settings.MAX_RUNNING_REPLIES = 1
    queued = put(alice, talk)
    Message.objects.update(status="complete")
    elsewhere = make_message(make_conversation(alice), "", role=Role.ASSISTANT, status="streaming")
    assert queueing.find_next(talk.conversation_id) is None
    Message.objects.filter(pk=elsewhere.pk).update(status="complete")
    assert queueing.find_next(talk.conversation_id) == queued


def test_words_that_changed_at_the_last_moment_wait_for_another_look(talk: Message, alice: User) -> None:
    queued = put(alice, talk)
    Message.objects.update(status="complete")
    prepared = services.prepare_message(
        alice,
        client_id=queued.client_id,
        conversation_id=queued.conversation_id,
        parent_id=None,
        text=queued.text,
        model=queued.model,
    )
    queueing.edit_queued(alice, queued.pk, text="Better")
    assert queueing.take_turn(queued, prepared.store) is None
    assert QueuedMessage.objects.get().text == "Better"
    assert not Message.objects.filter(content="Next").exists()


def test_reason_is_told_of_the_message_that_was_refused(talk: Message, alice: User) -> None:
    first, second = put(alice, talk, "First"), put(alice, talk, "Second")
    queueing.hold_refused(second, "No budget is left.")
    assert [(one.held, one.problem) for one in queueing.list_waiting(talk.conversation_id)] == [
        (True, ""),
        (True, "No budget is left."),
    ]
    for one in (first, second):
        queueing.release_queued(alice, one.pk)
    queueing.edit_queued(alice, second.pk, text="Better")
    queueing.hold_refused(second, "No budget is left.")
    queueing.withdraw_queued(alice, first.pk)
    queueing.hold_refused(first, "No budget is left.")
    assert [(one.held, one.problem) for one in queueing.list_waiting(talk.conversation_id)] == [(False, "")]


def test_strangers_queue_change_and_withdraw_nothing(talk: Message, alice: User) -> None:
    bob = make_user()
    queued = put(alice, talk)
    with pytest.raises(NotFound):
        put(bob, talk)
    for act in (queueing.withdraw_queued, queueing.release_queued):
        with pytest.raises(NotFound):
            act(bob, queued.pk)
    with pytest.raises(NotFound):
        queueing.edit_queued(bob, queued.pk, text="Mine")
    assert QueuedMessage.objects.get().text == "Next"
