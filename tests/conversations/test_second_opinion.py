"""A second opinion about words: what it holds back, what it notes, and what happens while there is none."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from chatproject.database import in_database
from conversations import commands, second_opinion
from conversations.models import Message
from conversations.protocol import EditMessage, SendMessage
from conversations.second_opinion import require_no_objection
from moderation.models import Action, Direction, Incident, Kind
from moderation.opinion import Unchecked
from moderation.services import BlockedWords
from providers import second_opinion as endpoint
from tests.conversations.asking import Onlooker, ask, stored
from tests.moderation.rows import add_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django.fixtures import Settings

    from accounts.models import User
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


async def require(user: User, text: str, client_id: str = "") -> None:
    await require_no_objection(user, client_id=client_id or uuid4().hex, text=text)


def sending(text: str) -> SendMessage:
    return SendMessage(
        client_id=uuid4().hex, conversation=None, parent=None, text=text, model="openai/gpt-5.5", attachments=[]
    )


async def test_objected_message_is_not_stored_and_the_incident_names_who_objected(asker: User) -> None:
    with pytest.raises(BlockedWords, match=r"held back .*\(hate, violence\).*Your draft is kept"):
        await commands.handle(Line(), asker, sending(OBJECTED))
    assert not await in_database(Message.objects.exists)
    incident = await only_incident()
    assert (incident.kind, incident.pattern, incident.category) == (Kind.OPINION, MODEL, "hate, violence")
    assert (incident.action, incident.direction, incident.person_id) == (Action.BLOCK, Direction.INPUT, asker.pk)
    assert (incident.matched, incident.rule_id) == (OBJECTED, None)


async def test_edited_question_is_asked_about_too(asker: User, fake: FakeProvider) -> None:
    command = EditMessage(client_id=uuid4().hex, message=uuid4(), text=OBJECTED, model="openai/gpt-5.5")
    with pytest.raises(BlockedWords):
        await commands.handle(Line(), asker, command)


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
        await require(asker, "A badword")
    assert fake.opinions == []
    await require(asker, "It is soso")
    assert fake.opinions[0].body["input"] == "It is ••••"


async def test_long_message_is_judged_in_pieces(asker: User, fake: FakeProvider) -> None:
    with pytest.raises(BlockedWords):
        await require(asker, "x" * 25_000 + OBJECTED)
    assert [len(piece) for piece in fake.opinions[0].body["input"]] == [10_000, 10_000, 5_000 + len(OBJECTED)]


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
    await require(asker, "My secret words")
    endpoint.forget()
    settings.MODERATION_FAIL = "closed"
    with pytest.raises(Unchecked, match="Your draft is kept"):
        await require(asker, "My secret words")
    assert "secret words" not in caplog.text
    assert "sk-moderation" not in caplog.text


async def test_endpoint_that_does_not_answer_is_given_up_in_time_and_left_alone(
    asker: User, fake: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoint, "PATIENCE", 0.2)
    fake.script(model=MODEL, times=10, headers_delay=30.0)
    await require(asker, "One")
    await require(asker, "Two")
    assert len(fake.opinions) == 1, "the second one did not wait"
    endpoint.forget()
    fake.reset()
    with pytest.raises(BlockedWords):
        await require(asker, OBJECTED)


async def test_repeated_message_needs_no_second_check(asker: User, fake: FakeProvider, settings: Settings) -> None:
    settings.MODERATION_FAIL = "closed"
    command = sending("Hello")
    await commands.handle(Line(), asker, command)
    fake.script(model=MODEL, times=10, status=500)
    again = Line()
    await commands.handle(again, asker, command)
    assert again.frames[0].type == "message.accepted"


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


async def test_nobody_is_asked_without_an_endpoint(asker: User, fake: FakeProvider, settings: Settings) -> None:
    settings.MODERATION_URL = ""
    onlooker = Onlooker()
    await commands.handle(Line(), asker, sending(OBJECTED))
    _, onlooker = await ask(asker, OBJECTED, onlooker=onlooker)
    await onlooker.wait_for("reply.finished")
    await second_opinion.settle()
    assert fake.opinions == []
