"""Sensitive words in answers, in the real engine: nothing forbidden is told, stored or logged."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from chatproject.database import in_database
from conversations import generation
from conversations.draft import Draft
from conversations.models import Status
from conversations.screening import Screening, title_of
from moderation.models import Action, Direction, Incident, State
from moderation.services import BlockedWords
from moderation.words import word_list
from tests.conversations.asking import ask, stop, stored
from tests.fake_provider import Behaviour, FakeProvider
from tests.moderation.rows import add_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from accounts.models import User

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _own_list() -> Iterator[None]:
    word_list.forget()
    yield
    word_list.forget()


async def list_incidents() -> list[Incident]:
    return await in_database(lambda: list(Incident.objects.order_by("pk")))


@pytest.mark.parametrize("chunk", [1, 3, 400])
async def test_blocked_word_ends_the_answer_before_it(asker: User, fake: FakeProvider, chunk: int) -> None:
    await in_database(add_words, badword=Action.BLOCK)
    fake.default = Behaviour(text="First words, then B\u200badWord and the rest.", chunk=chunk, delay=0.002)
    turn, onlooker = await ask(asker)
    finished = await onlooker.wait_for("reply.finished")
    message = await stored(turn)
    assert (message.status, message.content) == (Status.BLOCKED, "First words, then ")
    assert (finished["status"], finished["can_continue"]) == ("blocked", False)
    assert finished["error"]["code"] == "blocked_words"
    told = json.dumps(onlooker.frames, ensure_ascii=False)
    assert "then B" not in told
    assert "rest" not in told
    (incident,) = await list_incidents()
    assert (incident.person_id, incident.subject, incident.direction) == (asker.pk, turn.reply.pk, Direction.OUTPUT)
    assert (incident.before, incident.matched) == ("First words, then ", "B\u200badWord")


@pytest.mark.parametrize("chunk", [1, 3, 400])
async def test_masked_word_leaves_as_bullets_and_the_answer_goes_on(
    asker: User, fake: FakeProvider, chunk: int
) -> None:
    await in_database(add_words, bogword=Action.MASK, other=Action.FLAG)
    fake.default = Behaviour(text="A bogword, and the other rest.", chunk=chunk, delay=0.002)
    turn, onlooker = await ask(asker)
    await onlooker.wait_for("reply.finished", status="complete")
    assert (await stored(turn)).content == "A •••••••, and the other rest."
    assert "bog" not in json.dumps(onlooker.frames)  # which no id can hold
    assert {incident.action for incident in await list_incidents()} == {Action.MASK, Action.FLAG}


async def test_tail_that_could_have_become_a_word_is_told_at_the_end(asker: User, fake: FakeProvider) -> None:
    await in_database(add_words, badword=Action.BLOCK)
    fake.default = Behaviour(text="This is not so bad")
    turn, onlooker = await ask(asker)
    await onlooker.wait_for("reply.finished", status="complete")
    assert (await stored(turn)).content == "This is not so bad"
    assert await list_incidents() == []


async def test_answer_that_breaks_off_within_a_word_keeps_none_of_it(asker: User, fake: FakeProvider) -> None:
    await in_database(add_words, badword=Action.BLOCK)
    fake.default = Behaviour(text="A badword.", chunk=1, cut=5)
    turn, onlooker = await ask(asker)
    await onlooker.wait_for("reply.finished", status="interrupted")
    assert (await stored(turn)).content == "A "


async def test_blocked_thought_ends_the_answer(asker: User, fake: FakeProvider) -> None:
    await in_database(add_words, badword=Action.BLOCK)
    fake.default = Behaviour(text="An answer.", thoughts="I think of a badword here", chunk=2)
    turn, onlooker = await ask(asker)
    await onlooker.wait_for("reply.finished", status="blocked")
    message = await stored(turn)
    assert (message.reasoning, message.content) == ("I think of a ", "")


async def test_what_was_found_is_saved_with_the_text_and_once(asker: User, fake: FakeProvider) -> None:
    await in_database(add_words, badword=Action.FLAG, worse=Action.FLAG)
    fake.default = Behaviour(text="A badword is bad. " + "It goes on. " * 10_000, thoughts="A worse one", delay=0.02)
    turn, onlooker = await ask(asker)
    await onlooker.wait_until(lambda: any("It goes" in frame["text"] for frame in onlooker.of("reply.delta")))
    await generation.save_runs()
    assert (await stored(turn)).status == Status.STREAMING
    assert [incident.pattern for incident in await list_incidents()] == ["worse", "badword"]
    await in_database(Incident.objects.update, state=State.DISMISSED, after="")
    await generation.save_runs()
    await stop(asker, turn)
    await onlooker.wait_for("reply.finished", status="stopped")
    incidents = await list_incidents()
    assert [(one.pattern, one.subject, one.state) for one in incidents] == [
        ("worse", turn.reply.pk, State.DISMISSED),
        ("badword", turn.reply.pk, State.DISMISSED),
    ]
    assert incidents[1].after.startswith(" is bad. It goes on.")


async def test_words_after_a_hit_are_those_of_its_own_place(asker: User, fake: FakeProvider) -> None:
    await in_database(add_words, badword=Action.FLAG)
    fake.default = Behaviour(
        text="My badword is said. " + "It goes on. " * 10_000, thoughts="A badword is thought of.", delay=0.02
    )
    turn, onlooker = await ask(asker)
    await onlooker.wait_until(lambda: any("It goes" in frame["text"] for frame in onlooker.of("reply.delta")))
    await generation.save_runs()
    await stop(asker, turn)
    await onlooker.wait_for("reply.finished", status="stopped")
    (incident,) = await list_incidents()
    assert (incident.before, incident.after) == ("A ", " is thought of.")


@pytest.mark.parametrize("action", [Action.BLOCK, Action.MASK])
@pytest.mark.parametrize("events", ["tbad sHi tword ", "sbad tHm sword ", "tba s  td tword "])
def test_word_is_found_although_thoughts_and_words_take_turns(action: str, events: str) -> None:
    add_words(badword=action)
    word_list.refresh()
    draft = Draft()
    screening = Screening(draft)
    blocked = False
    try:
        for event in events.split():
            (screening.think if event[0] == "t" else screening.say)(event[1:] or " ")
        screening.finish("stop")
    except BlockedWords:
        blocked = True
    assert blocked is (action == Action.BLOCK)
    assert "bad" not in draft.text + draft.reasoning.text
    assert not screening.is_clean


async def test_list_that_changes_counts_at_once_for_the_next_answer(asker: User, fake: FakeProvider) -> None:
    fake.default = Behaviour(text="A badword.")
    _, onlooker = await ask(asker)
    await onlooker.wait_for("reply.finished", status="complete")
    await in_database(add_words, badword=Action.BLOCK)
    _, later = await ask(asker)
    await later.wait_for("reply.finished", status="blocked")


@pytest.mark.parametrize("text", ["ba<b></b>d luck", "ba\ue000d luck", "ba\u0378d luck"])
def test_title_that_leaves_something_out_joins_no_word(text: str) -> None:
    add_words(bad=Action.MASK)
    word_list.refresh()
    assert title_of(text) == "••• luck"
    assert title_of("A good day") == "A good day"
