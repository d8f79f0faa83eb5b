"""Titles by a model: once, after the first answer, paid for by themselves, and never over a person's own."""

from __future__ import annotations

import asyncio
from threading import Event
from typing import TYPE_CHECKING

import pytest

from chatproject.database import in_database
from conversations import arranging, generation, titling
from conversations.models import Conversation, TitleSource
from conversations.selectors import get_snapshot
from conversations.titling import TASK
from providers.models import Outcome, Purpose, UsageRecord
from tests.conversations.asking import PATIENCE, Onlooker, ask
from tests.fake_provider import Behaviour
from tests.money.paying import MODEL, a_dollar_each, balance, make_budget, make_model

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

    from accounts.models import User
    from conversations.models import Message
    from tests.fake_provider import FakeProvider

pytestmark = pytest.mark.django_db(transaction=True)
ABOUT = "Which cheese"


@pytest.fixture(autouse=True)
def naming(settings: Settings) -> None:
    settings.TITLE_MODEL = titling.OWN


async def price(model: str = MODEL) -> None:
    await in_database(lambda: make_model(model, tiers=a_dollar_each()))


async def all_is_done() -> None:
    """Wait for what nobody waits for but a drain, which ends it."""
    await generation.drain(PATIENCE)
    while titling._tasks:
        await asyncio.wait(tuple(titling._tasks))  # one that has ended is still among them until the loop goes on


async def titled(user: User, fake: FakeProvider, says: str) -> tuple[Conversation, Onlooker]:
    fake.script(Behaviour(text=says), contains="---")
    _, onlooker = await ask(user, ABOUT)
    await onlooker.wait_for("reply.finished")
    await all_is_done()
    return await in_database(Conversation.objects.get), onlooker


def title_calls() -> list[tuple[str, str, int | None]]:
    rows = UsageRecord.objects.filter(purpose=Purpose.TITLE)
    return list(rows.values_list("model", "outcome", "cost"))


async def test_first_answer_gives_the_conversation_a_name(asker: User, fake: FakeProvider) -> None:
    await price()
    talk, onlooker = await titled(asker, fake, '"Cheese for a raclette."\n\nI hope you like it')
    assert (talk.title, talk.title_source) == ("Cheese for a raclette", TitleSource.MODEL)
    assert onlooker.of("conversation.changed")[-1]["title"] == "Cheese for a raclette"
    [(model, outcome, cost)] = await in_database(title_calls)
    assert (model, outcome) == (MODEL, Outcome.COMPLETE)
    assert cost
    assert fake.calls[-1].body["messages"][0]["content"] == TASK
    _, again = await ask(asker, "And which wine?", conversation=talk.pk)
    await again.wait_for("reply.finished")
    await all_is_done()
    assert len(await in_database(title_calls)) == 1


async def test_title_of_a_person_stays(asker: User, fake: FakeProvider) -> None:
    await price()
    fake.script(Behaviour(text="Cheese", delay=0.2), contains="---")
    turn, onlooker = await ask(asker, ABOUT)
    await onlooker.wait_for("reply.finished")
    await in_database(lambda: arranging.rename_conversation(turn.conversation, title="Mine"))
    await all_is_done()
    assert (await in_database(Conversation.objects.get)).title == "Mine"


@pytest.mark.parametrize("says", ["x" * 200, "", "**"])
async def test_what_is_no_title_is_none(asker: User, fake: FakeProvider, says: str) -> None:
    await price()
    talk, _ = await titled(asker, fake, says)
    assert (talk.title, talk.title_source) == (ABOUT, TitleSource.WORDS)


async def test_model_that_costs_nothing_names_nothing(asker: User, fake: FakeProvider) -> None:
    talk, _ = await titled(asker, fake, "Cheese")
    assert (talk.title, await in_database(title_calls)) == (ABOUT, [])


async def test_operators_name_who_names(asker: User, fake: FakeProvider, settings: Settings) -> None:
    settings.TITLE_MODEL = "openai/fake-echo"
    talk, _ = await titled(asker, fake, "Cheese")
    assert talk.title == "Cheese"
    assert [model for model, *_ in await in_database(title_calls)] == ["openai/fake-echo"]


async def test_nobody_names_where_it_is_off(asker: User, fake: FakeProvider, settings: Settings) -> None:
    settings.TITLE_MODEL = titling.NOBODY
    await price()
    talk, _ = await titled(asker, fake, "Cheese")
    assert (talk.title, await in_database(title_calls)) == (ABOUT, [])


async def test_failure_keeps_the_first_words_and_is_settled(asker: User, fake: FakeProvider) -> None:
    await price()
    fake.script(Behaviour(status=400), times=5, contains="---")
    talk, _ = await titled(asker, fake, "Cheese")
    assert talk.title == ABOUT
    assert not await in_database(UsageRecord.objects.filter(settled_at=None).exists)


async def test_budget_that_is_used_up_keeps_the_first_words(asker: User, fake: FakeProvider) -> None:
    await price()
    turn, onlooker = await ask(asker, ABOUT)
    await in_database(make_budget, 1)
    await onlooker.wait_for("reply.finished")
    await all_is_done()
    assert (await in_database(Conversation.objects.get)).title == ABOUT
    assert await in_database(title_calls) == []
    assert turn.conversation.title == ABOUT


async def unnamed(user: User, settings: Settings) -> Message:
    """Give an answer that ended, and that nobody names yet."""
    await price()
    settings.TITLE_MODEL = titling.NOBODY
    turn, onlooker = await ask(user, ABOUT)
    await onlooker.wait_for("reply.finished")
    settings.TITLE_MODEL = titling.OWN
    return (await in_database(get_snapshot, turn.reply.pk)).reply


async def test_process_that_drains_asks_for_no_name(
    asker: User, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    reply = await unnamed(asker, settings)
    monkeypatch.setattr(titling, "_rest", Event())
    titling.rest()
    titling.begin(reply)
    await all_is_done()
    assert await in_database(title_calls) == []


async def test_drain_gives_back_what_was_being_set_aside(
    asker: User, fake: FakeProvider, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    reply = await unnamed(asker, settings)
    budget = await in_database(make_budget, 1_000_000)
    monkeypatch.setattr(titling, "_rest", Event())
    titling.begin(reply)
    await asyncio.sleep(0)  # it is on its way to the database
    titling.rest()
    await titling.settle_all()
    assert (await in_database(balance, budget))[1] == 0
    assert await in_database(title_calls) == []
    assert len(fake.calls) == 1


async def test_drain_ends_the_asking_and_settles_it(
    asker: User, fake: FakeProvider, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    reply = await unnamed(asker, settings)
    fake.script(Behaviour(text="Cheese", delay=30), contains="---")
    monkeypatch.setattr(titling, "_rest", Event())
    titling.begin(reply)
    await fake.next_call(after=1)
    titling.rest()
    await titling.settle_all()
    assert not titling._tasks
    assert [outcome for _, outcome, _ in await in_database(title_calls)] == [Outcome.STOPPED]
