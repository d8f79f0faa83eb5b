"""Answers that operators wrote, in the real engine: when they are given instead of a model's, and when not."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.utils import timezone

from chatproject.database import in_database
from conversations import services
from conversations.models import Message, Status
from faq.entries import save_entry
from faq.models import Entry
from moderation.models import Action
from moderation.words import word_list
from providers.models import UsageRecord
from tests.conversations.answering import MODEL, QUESTION, answered, make_preset, regenerated, run
from tests.conversations.asking import ask, stored
from tests.moderation.rows import add_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from accounts.models import User
    from tests.fake_provider import FakeProvider

pytestmark = pytest.mark.django_db(transaction=True)

ANSWER = "Under **Settings**, _Password_."


@pytest.fixture(autouse=True)
def _own_list() -> Iterator[None]:
    word_list.forget()
    yield
    word_list.forget()


async def add_entry(**fields: Any) -> Entry:
    return await in_database(lambda: save_entry(Entry(**{"question": QUESTION, "answer": ANSWER, **fields})))


async def test_entry_is_streamed_and_stored_without_asking_the_model(asker: User, fake: FakeProvider) -> None:
    entry = await add_entry(variants="I forgot my password")
    turn, onlooker = await ask(asker, " i forgot my  Password")
    finished = await onlooker.wait_for("reply.finished")
    message = await stored(turn)
    assert (message.status, message.content, message.cost) == (Status.COMPLETE, ANSWER, 0)
    assert (message.source, message.source_at) == ("faq", entry.updated_at)
    assert "<strong>Settings</strong>" in message.html
    assert (finished["source"], finished["cost"], finished["can_continue"]) == ("faq", 0, False)
    assert "".join(frame["text"] for frame in onlooker.of("reply.delta")) == ANSWER
    assert fake.calls == []
    assert not await in_database(UsageRecord.objects.exists)


async def test_entry_is_told_in_pieces_that_make_the_whole(asker: User, fake: FakeProvider) -> None:
    text = " ".join(f"word{number}" for number in range(1800))
    await add_entry(answer=text)
    turn, onlooker = await ask(asker, QUESTION)
    await onlooker.wait_for("reply.finished", text=text)
    assert (await stored(turn)).content == text
    assert onlooker.of("reply.delta")[0]["offset"] == 0


@pytest.mark.parametrize(
    "fields", [{"active": False}, {"valid_until": timezone.localdate() - timedelta(days=1)}, {"question": "How?"}]
)
async def test_entry_that_is_not_in_force_is_not_given(asker: User, fake: FakeProvider, fields: dict[str, Any]) -> None:
    await add_entry(**fields)
    assert (await answered(asker)).source == ""
    assert len(fake.calls) == 1


async def test_entry_is_given_on_its_last_day(asker: User, fake: FakeProvider) -> None:
    await add_entry(valid_until=timezone.localdate())
    assert (await answered(asker)).content == ANSWER


async def test_later_question_of_a_conversation_is_for_the_model(asker: User, fake: FakeProvider) -> None:
    await add_entry()
    turn, onlooker = await ask(asker, "Hello")
    await onlooker.wait_for("reply.finished")
    assert (await answered(asker, conversation=turn.conversation.pk)).source == ""
    assert len(fake.calls) == 2


async def test_edited_first_question_is_a_first_question(asker: User, fake: FakeProvider) -> None:
    await add_entry()
    turn, onlooker = await ask(asker, "Hello")
    await onlooker.wait_for("reply.finished")
    message = await run(
        lambda: services.edit_message(
            asker, client_id=uuid4().hex, message_id=turn.question.pk, text=QUESTION, model=MODEL
        )
    )
    assert (message.source, message.content) == ("faq", ANSWER)


@pytest.mark.parametrize("is_own", [True, False])
async def test_entry_gives_way_to_a_preset(asker: User, fake: FakeProvider, is_own: bool) -> None:  # noqa: FBT001 - a parameter of the test
    await add_entry()
    preset = await make_preset(asker if is_own else None, instructions="Translate into French.")
    assert (await answered(asker, model=f"preset/{preset.pk}")).source == ""
    assert len(fake.calls) == 1


async def test_entry_goes_through_the_list_of_words(asker: User, fake: FakeProvider) -> None:
    await in_database(add_words, settings=Action.MASK)
    await add_entry()
    assert (await answered(asker)).content == "Under **••••••••**, _Password_."


async def test_entry_that_the_list_ends_offers_no_more(asker: User, fake: FakeProvider) -> None:
    await in_database(add_words, settings=Action.BLOCK)
    await add_entry()
    message = await answered(asker)
    assert (message.status, message.content, message.can_continue) == (Status.BLOCKED, "Under **", False)


async def test_asking_again_asks_the_model(asker: User, fake: FakeProvider) -> None:
    await add_entry()
    found = await answered(asker)
    again = await regenerated(asker, found.pk)
    assert (again.source, again.source_at) == ("", None)
    assert len(fake.calls) == 1
    assert await in_database(UsageRecord.objects.count) == 1


async def test_found_answer_that_broke_off_is_not_continued(asker: User, fake: FakeProvider) -> None:
    await add_entry()
    message = await answered(asker)
    await in_database(Message.objects.filter(pk=message.pk).update, status=Status.INTERRUPTED)
    await in_database(message.refresh_from_db)
    assert not message.can_continue
