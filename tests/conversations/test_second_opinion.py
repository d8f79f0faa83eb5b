"""A second opinion about words: what it holds back, what it notes, and what happens while there is none."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from chatproject.database import in_database
from chatproject.errors import Conflict, TooManyRequests
from conversations import commands, second_opinion
from conversations.models import Message, Role
from conversations.protocol import EditMessage, SendMessage
from moderation.models import Action, Direction, Incident, Kind
from moderation.opinion import Unchecked
from moderation.services import BlockedWords
from providers import second_opinion as endpoint
from tests.conversations.asking import Onlooker, ask, stored
from tests.moderation.rows import add_words
from tests.support.factories import make_user

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from pytest_django.fixtures import Settings

    from accounts.models import User
    from conversations.questions import Turn
    from tests.fake_provider import FakeProvider

pytestmark = pytest.mark.django_db(transaction=True)

MODEL = "omni-moderation-latest"
OBJECTED = "Hurt [[objection:violence]] them [[objection:hate]]"


@pytest.fixture(autouse=True)
def _endpoint(settings: Settings, fake: FakeProvider) -> Iterator[None]:
    settings.MODERATION_URL = fake.base_url
    settings.MODERATION_KEY = "sk-moderation"
    endpoint.forget()
    yield
    endpoint.forget()


class Line:
    """A socket that only keeps what it is told."""

    def __init__(self) -> None:
        self.groups_open: set[str] = set()
        self.frames: list[Any] = []

    def reply(self, frame: Any) -> None:
        self.frames.append(frame)

    async def join(self, group: str) -> None:
        self.groups_open.add(group)

    async def leave(self, group: str) -> None:
        self.groups_open.discard(group)


async def only_incident() -> Incident:
    return await in_database(Incident.objects.get)


async def send(user: User, text: str, conversation: UUID | None = None, client_id: str = "") -> Line:
    line = Line()
    await commands.handle(line, user, sending(text, conversation, client_id))
    return line


def sending(text: str, conversation: UUID | None = None, client_id: str = "") -> SendMessage:
    return SendMessage(
        client_id=client_id or uuid4().hex,
        conversation=conversation,
        parent=None,
        text=text,
        model="openai/gpt-5.5",
        attachments=[],
    )


async def talk(user: User, fake: FakeProvider) -> Turn:
    """Have a conversation whose answer has ended."""
    turn, onlooker = await ask(user, "Before")
    await onlooker.wait_for("reply.finished")
    await second_opinion.settle()
    fake.reset()
    return turn


async def test_objected_message_is_not_stored_and_the_incident_names_who_objected(asker: User) -> None:
    with pytest.raises(BlockedWords, match=r"held back .*\(hate, violence\).*Your draft is kept"):
        await commands.handle(Line(), asker, sending(OBJECTED))
    assert not await in_database(Message.objects.exists)
    incident = await only_incident()
    assert (incident.kind, incident.pattern, incident.category) == (Kind.OPINION, MODEL, "hate, violence")
    assert (incident.action, incident.direction, incident.person_id) == (Action.BLOCK, Direction.INPUT, asker.pk)
    assert (incident.matched, incident.rule_id) == (OBJECTED, None)


async def test_edited_question_is_asked_about_too(asker: User, fake: FakeProvider) -> None:
    turn = await talk(asker, fake)
    command = EditMessage(client_id=uuid4().hex, message=turn.question.pk, text=OBJECTED, model="openai/gpt-5.5")
    with pytest.raises(BlockedWords):
        await commands.handle(Line(), asker, command)
    assert not await in_database(Message.objects.filter(content=OBJECTED).exists)


async def test_harmless_message_is_asked_about_with_the_key_and_goes_on(asker: User, fake: FakeProvider) -> None:
    line = Line()
    await commands.handle(line, asker, sending("Hello"))
    (first, *_) = fake.opinions
    assert (first.key, first.body) == ("sk-moderation", {"model": MODEL, "input": "Hello"})
    assert line.frames[0].type == "message.accepted"
    assert not await in_database(Incident.objects.exists)


async def test_list_of_words_comes_first(asker: User, fake: FakeProvider) -> None:
    await in_database(add_words, badword=Action.BLOCK, soso=Action.MASK)
    with pytest.raises(BlockedWords):
        await send(asker, "A badword")
    assert fake.opinions == []
    await send(asker, "It is soso")
    assert fake.opinions[0].body["input"] == "It is ••••"


async def test_long_message_is_judged_in_pieces_that_overlap(asker: User, fake: FakeProvider) -> None:
    cut = endpoint.PIECE - 5
    text = "x" * cut + " " + OBJECTED + " " + "y" * 15_000
    with pytest.raises(BlockedWords, match=r"\(hate, violence\)"):
        await send(asker, text)
    pieces = [record.body["input"] for record in fake.opinions]
    assert max(map(len, pieces)) == endpoint.PIECE
    assert any(OBJECTED in piece for piece in pieces), "a sentence at the edge is judged whole"


@pytest.mark.parametrize("length", [0, 1, 500, 9_999, 10_000, 10_001, 19_500, 19_501, 100_000])
def test_pieces_leave_nothing_out(length: int) -> None:
    text = "".join(chr(33 + number % 90) for number in range(length))
    first, *others = endpoint.pieces_of(text)
    assert first + "".join(piece[endpoint.OVERLAP :] for piece in others) == text
    assert all(len(piece) <= endpoint.PIECE for piece in (first, *others))
    assert all(len(piece) > endpoint.OVERLAP for piece in others)


async def test_pieces_are_asked_about_a_few_at_a_time_each_with_its_patience(
    asker: User, fake: FakeProvider, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MODERATION_FAIL = "closed"
    monkeypatch.setattr(endpoint, "PATIENCE", 2.0)
    monkeypatch.setattr(endpoint, "AT_ONCE", 1)
    fake.script(model=MODEL, times=5, headers_delay=0.5)
    line = await send(asker, "x" * 45_000)
    assert line.frames[0].type == "message.accepted"
    first, *others = fake.opinions[:5]
    for record in others:
        assert first.ended_at is not None
        assert record.started_at >= first.ended_at
        first = record


@pytest.mark.parametrize(
    "told",
    [
        {"status": 500},
        {"status": 401},
        {"hangs_up": True},
        {"html": True},
        {"not_json": True},
        {"redirect": "/elsewhere"},
    ],
    ids=lambda told: next(iter(told)) + str(next(iter(told.values()))),
)
async def test_without_an_opinion_the_setting_decides(
    asker: User, fake: FakeProvider, settings: Settings, told: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    fake.script(model=MODEL, times=10, **told)
    await send(asker, "My secret words")
    endpoint.forget()
    settings.MODERATION_FAIL = "closed"
    with pytest.raises(Unchecked, match="Your draft is kept"):
        await send(asker, "My secret words")
    assert "secret words" not in caplog.text
    assert "sk-moderation" not in caplog.text


@pytest.mark.parametrize("told", [{"headers_delay": 30.0}, {"status": 429}, {"status": 500}, {"hangs_up": True}])
async def test_what_fails_for_one_person_is_asked_for_the_next(
    asker: User, fake: FakeProvider, monkeypatch: pytest.MonkeyPatch, told: dict[str, Any]
) -> None:
    monkeypatch.setattr(endpoint, "PATIENCE", 1.0)
    other = await in_database(make_user)
    for _ in range(endpoint.FAILURES + 1):
        fake.script(model=MODEL, contains="Slow", times=2, **told)
        await send(asker, "Slow " * 3_000)
    fake.reset()
    with pytest.raises(BlockedWords):
        await send(other, OBJECTED)


async def test_endpoint_that_fails_for_several_people_is_left_alone(
    asker: User, fake: FakeProvider, settings: Settings
) -> None:
    settings.MODERATION_FAIL = "closed"
    people = [await in_database(make_user) for _ in range(endpoint.FAILURES)]
    fake.script(model=MODEL, times=10, status=500)
    for person in people:
        with pytest.raises(Unchecked):
            await send(person, "Hello")
    fake.reset()
    with pytest.raises(Unchecked):
        await send(asker, "Hello")
    assert fake.opinions == [], "nobody waits for it"
    endpoint.forget()
    await send(asker, "Hello")
    assert fake.opinions


async def test_an_answer_in_between_ends_the_row(asker: User, fake: FakeProvider) -> None:
    people = [await in_database(make_user) for _ in range(endpoint.FAILURES)]
    for person in people:
        fake.script(model=MODEL, status=500)
        await send(person, "Hello")
        await send(asker, "Hello")
    with pytest.raises(BlockedWords):
        await send(asker, OBJECTED)


async def test_endpoint_that_cannot_be_reached_is_left_alone_at_once(
    asker: User, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.MODERATION_URL = "http://127.0.0.1:9/v1"
    await send(asker, "Hello")
    await send(asker, "Hello")
    assert caplog.text.count("gave no opinion") == 1
    assert "it is asked again in 10 s" in caplog.text


async def test_looks_at_answers_take_nothing_from_those_who_send(
    asker: User, fake: FakeProvider, settings: Settings
) -> None:
    fake.script(model=MODEL, contains="Echo", times=20, status=429)
    for _ in range(endpoint.FAILURES):
        fake.script(contains="Tell me", text="Echo")
        _, onlooker = await ask(await in_database(make_user), "Tell me")
        await onlooker.wait_for("reply.finished", status="complete")
    await second_opinion.settle()
    assert fake.opinions
    with pytest.raises(BlockedWords):
        await send(asker, OBJECTED)


async def test_who_is_over_the_limit_asks_nobody(asker: User, fake: FakeProvider, settings: Settings) -> None:
    settings.RATE_LIMIT_MESSAGES = "2/d"
    for _ in range(2):
        with pytest.raises(BlockedWords):
            await send(asker, OBJECTED)
    for command in (sending("Hello"), sending(OBJECTED)):
        with pytest.raises(TooManyRequests):
            await commands.handle(Line(), asker, command)
    assert len(fake.opinions) == 2
    assert await in_database(Incident.objects.count) == 1, "the same words of the same person"


async def test_repeated_message_needs_no_second_check(asker: User, fake: FakeProvider, settings: Settings) -> None:
    settings.MODERATION_FAIL = "closed"
    settings.RATE_LIMIT_MESSAGES = "1/d"
    command = sending("Hello")
    await commands.handle(Line(), asker, command)
    fake.script(model=MODEL, times=10, status=500)
    again = Line()
    await commands.handle(again, asker, command)
    assert again.frames[0].type == "message.accepted"
    assert await in_database(Message.objects.filter(role=Role.USER).count) == 1


async def test_client_id_of_another_conversation_is_no_repetition(
    asker: User, fake: FakeProvider, settings: Settings
) -> None:
    settings.MODERATION_FAIL = "closed"
    elsewhere = await talk(asker, fake)
    await send(asker, "Hello", client_id="used")
    fake.script(model=MODEL, times=10, status=500)
    edit = EditMessage(client_id="used", message=elsewhere.question.pk, text="Hello", model="openai/gpt-5.5")
    for command in (sending("Hello", elsewhere.conversation.pk, "used"), edit):
        with pytest.raises(Unchecked):
            await commands.handle(Line(), asker, command)
    with pytest.raises(Conflict):
        await send(asker, "Other words", client_id="used")
    assert await in_database(Message.objects.filter(client_id="used").count) == 1


async def test_objected_answer_is_noted_and_stays(asker: User, fake: FakeProvider) -> None:
    fake.script(contains="Tell me", text=OBJECTED)
    turn, onlooker = await ask(asker, "Tell me")
    await onlooker.wait_for("reply.finished", status="complete")
    await second_opinion.settle()
    assert (await stored(turn)).content == OBJECTED
    incident = await only_incident()
    assert (incident.action, incident.direction, incident.subject) == (Action.FLAG, Direction.OUTPUT, turn.reply.pk)


async def test_answer_without_an_opinion_stays_also_where_messages_are_refused(
    asker: User, fake: FakeProvider, settings: Settings
) -> None:
    settings.MODERATION_FAIL = "closed"
    fake.script(model=MODEL, times=10, status=500)
    _, onlooker = await ask(asker, "Tell me")
    await onlooker.wait_for("reply.finished", status="complete")
    await second_opinion.settle()
    assert not await in_database(Incident.objects.exists)


async def test_answer_that_ends_twice_is_noted_once(asker: User, fake: FakeProvider) -> None:
    fake.script(contains="Tell me", text=OBJECTED)
    turn, onlooker = await ask(asker, "Tell me")
    await onlooker.wait_for("reply.finished", status="complete")
    reply = await in_database(Message.objects.select_related("conversation", "parent").get, pk=turn.reply.pk)
    second_opinion.look_at(reply)
    second_opinion.look_at(reply)
    await second_opinion.settle()
    assert len(fake.opinions) == 3
    assert (await only_incident()).subject == turn.reply.pk


async def test_nobody_is_asked_without_an_endpoint(asker: User, fake: FakeProvider, settings: Settings) -> None:
    settings.MODERATION_URL = ""
    onlooker = Onlooker()
    await commands.handle(Line(), asker, sending(OBJECTED))
    _, onlooker = await ask(asker, OBJECTED, onlooker=onlooker)
    await onlooker.wait_for("reply.finished")
    await second_opinion.settle()
    assert fake.opinions == []
