"""Answers for which no model is asked, in the real engine: when they are given, when not, and what is kept."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.test import AsyncClient
from django.urls import reverse
from django.utils import timezone

from chatproject.database import in_database
from conversations import generation, second_opinion, services
from conversations.announcing import announce
from conversations.models import Conversation, Message, Preset, Status
from faq.entries import save_entry
from faq.models import Entry
from moderation.models import Action
from moderation.words import word_list
from providers.gateway import get_gateway
from providers.models import LanguageModel, UsageRecord
from tests.conversations.asking import PATIENCE, Onlooker, ask, stored
from tests.fake_provider import Behaviour
from tests.moderation.rows import add_words
from tests.support.factories import make_user

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from uuid import UUID

    from pytest_django.fixtures import Settings

    from accounts.models import User
    from conversations.services import Turn
    from tests.fake_provider import FakeProvider

pytestmark = pytest.mark.django_db(transaction=True)

MODEL = "openai/gpt-5.5"
QUESTION = "How do I reset my password?"
ANSWER = "Under **Settings**, _Password_."


@pytest.fixture(autouse=True)
def _own_list() -> Iterator[None]:
    word_list.forget()
    yield
    word_list.forget()


@pytest.fixture
async def reusing(fake: FakeProvider) -> FakeProvider:
    """Let the answers of the model be reused."""
    await change_model(reuses_answers=True)
    await get_gateway().reload()
    return fake


async def change_model(**values: Any) -> None:
    def change() -> None:
        assert LanguageModel.objects.filter(provider__slug="openai", name="gpt-5.5").update(**values) == 1

    await in_database(change)


async def add_entry(**fields: Any) -> Entry:
    return await in_database(lambda: save_entry(Entry(**{"question": QUESTION, "answer": ANSWER, **fields})))


async def answered(user: User, text: str = QUESTION, **options: Any) -> Message:
    """Ask, wait for the end, and give the answer as it is stored."""
    turn, onlooker = await ask(user, text, **options)
    await onlooker.wait_for("reply.finished", reply=str(turn.reply.pk))
    await generation.drain(PATIENCE)
    return await stored(turn)


async def run(take: Callable[[], Turn]) -> Message:
    """Take a turn and give its answer."""
    turn = await in_database(take)
    await announce(turn)
    generation.start(turn)
    await generation.drain(PATIENCE)
    return await stored(turn)


async def regenerated(user: User, reply_id: UUID) -> Message:
    return await run(lambda: services.regenerate_reply(user, client_id=uuid4().hex, reply_id=reply_id, model=MODEL))


async def make_preset(user: User | None = None, **fields: Any) -> Preset:
    return await in_database(
        lambda: Preset.objects.create(user=user, **{"name": uuid4().hex, "model": MODEL, **fields})
    )


# --- what operators wrote -----------------------------------------------------------------------------------------


async def test_entry_is_streamed_and_stored_without_asking_the_model(asker: User, fake: FakeProvider) -> None:
    entry = await add_entry(variants="I forgot my password")
    turn, onlooker = await ask(asker, " i FORGOT my  password!")
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


# --- what a model answered before ---------------------------------------------------------------------------------


async def test_answer_is_given_again_to_somebody_else(asker: User, reusing: FakeProvider) -> None:
    reusing.default = Behaviour(text="It is Paris.")
    first = await answered(asker, "What is the capital of France?")
    other = await in_database(make_user)
    turn, onlooker = await ask(other, "what is the capital of france")
    finished = await onlooker.wait_for("reply.finished")
    again = await stored(turn)
    assert (first.source, again.source) == ("", "cache")
    assert (again.content, again.cost, again.tokens, again.model) == ("It is Paris.", 0, None, MODEL)
    assert again.source_at is not None
    assert first.created_at < again.source_at < again.created_at
    assert (finished["source"], finished["source_at"]) == ("cache", again.source_at.isoformat())
    assert len(reusing.calls) == 1
    assert await in_database(UsageRecord.objects.count) == 1


async def test_nothing_is_kept_unless_it_was_switched_on(asker: User, fake: FakeProvider) -> None:
    await answered(asker)
    await answered(asker)
    assert len(fake.calls) == 2


@pytest.mark.parametrize(
    "behaviour",
    [
        Behaviour(chars=40, finish="length"),
        Behaviour(text="It has a badword in it."),
        Behaviour(text="It has an otherword in it."),
        Behaviour(chars=40, cut=20),
        Behaviour(chars=25_000, chunk=5_000),
    ],
    ids=["cut at the limit", "masked", "flagged", "broken off", "very long"],
)
async def test_only_whole_and_clean_answers_are_kept(asker: User, reusing: FakeProvider, behaviour: Behaviour) -> None:
    await in_database(add_words, badword=Action.MASK, otherword=Action.FLAG)
    reusing.default = behaviour
    await answered(asker)
    reusing.default = Behaviour(text="Fine.")
    again = await answered(asker)
    assert (again.source, again.content) == ("", "Fine.")


async def test_answer_of_a_fallback_is_not_kept(asker: User, reusing: FakeProvider) -> None:
    def fall_back() -> None:
        other = LanguageModel.objects.exclude(name="gpt-5.5").filter(provider__slug="openai").earliest("pk")
        LanguageModel.objects.filter(name="gpt-5.5").update(fallback=other)

    await in_database(fall_back)
    await get_gateway().reload()
    reusing.script(model="gpt-5.5", status=404, times=1)
    first = await answered(asker)
    again = await answered(asker)
    assert (first.asked_model, again.asked_model, again.source) == (MODEL, "", "")


async def test_nothing_is_kept_where_something_of_the_persons_own_goes_along(
    asker: User, reusing: FakeProvider
) -> None:
    preset = await make_preset(asker)
    for _ in range(2):
        assert (await answered(asker, model=f"preset/{preset.pk}")).source == ""
    assert (await answered(asker)).source == ""
    assert (await answered(asker)).source == "cache"
    instructed = await in_database(
        lambda: Conversation.objects.create(user=asker, instructions="Be brief.", updated_at=timezone.now())
    )
    assert (await answered(asker, conversation=instructed.pk)).source == ""
    assert len(reusing.calls) == 4


async def test_answers_of_a_common_preset_are_shared_until_it_is_changed(asker: User, reusing: FakeProvider) -> None:
    preset = await make_preset(instructions="Be kind.")
    choice = f"preset/{preset.pk}"
    assert [(await answered(asker, model=choice)).source for _ in range(2)] == ["", "cache"]
    assert (await answered(asker)).source == ""
    await in_database(Preset.objects.filter(pk=preset.pk).update, instructions="Be brief.")
    assert (await answered(asker, model=choice)).source == ""
    assert len(reusing.calls) == 3


@pytest.mark.parametrize(
    "changed",
    [{"instructions": "Be brief."}, {"temperature": 0.1}, {"parameters": {"top_p": 0.5}}, {"reuses_answers": False}],
    ids=["instructions", "temperature", "parameters", "switched off"],
)
async def test_change_of_the_model_counts_at_once(asker: User, reusing: FakeProvider, changed: dict[str, Any]) -> None:
    await answered(asker)
    assert (await answered(asker)).source == "cache"
    await change_model(**changed)  # what this process knows of the catalogue is as old as it may be
    assert (await answered(asker)).source == ""
    assert len(reusing.calls) == 2


async def test_new_answer_takes_the_place_of_the_one_before(asker: User, reusing: FakeProvider) -> None:
    reusing.default = Behaviour(text="Old.")
    await answered(asker)
    reusing.default = Behaviour(text="New.")
    found = await answered(asker)
    assert (found.source, found.content) == ("cache", "Old.")
    again = await regenerated(asker, found.pk)
    assert (again.source, again.content) == ("", "New.")
    assert (await answered(asker)).content == "New."
    assert len(reusing.calls) == 2


async def test_answer_that_is_reported_is_not_given_again(asker: User, reusing: FakeProvider) -> None:
    await answered(asker)
    found = await answered(asker)
    assert found.source == "cache"
    client = AsyncClient()
    await client.aforce_login(asker)
    assert (await client.post(reverse("conversations:report", args=[found.pk]))).status_code == 200
    assert (await answered(asker)).source == ""
    assert len(reusing.calls) == 2


async def test_answer_that_is_objected_to_is_not_given_again(
    asker: User, reusing: FakeProvider, settings: Settings
) -> None:
    settings.MODERATION_URL = reusing.base_url
    reusing.default = Behaviour(text="Hurt [[objection:violence]] them.")
    await answered(asker)
    await second_opinion.settle()
    assert (await answered(asker)).source == ""
    assert len(reusing.calls) == 2


async def test_stranger_is_told_nothing_of_who_asked_before(asker: User, reusing: FakeProvider) -> None:
    await answered(asker)
    other = await in_database(make_user)
    onlooker = Onlooker()
    turn, onlooker = await ask(other, QUESTION, onlooker=onlooker)
    await onlooker.wait_for("reply.finished", source="cache")
    told = str(onlooker.frames)
    assert str(asker.pk) not in told
    assert asker.email not in told
    assert turn.conversation.user_id == other.pk
