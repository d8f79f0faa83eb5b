"""Answers of models that are given again, in the real engine: what is kept, for whom, and until when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.test import AsyncClient
from django.urls import reverse
from django.utils import timezone

from chatproject.database import in_database
from conversations import generation, second_opinion
from conversations.history import make_prompt
from conversations.models import Conversation, Message, Preset, Role
from conversations.origins import find_answer, find_spot, keep_answer
from moderation.models import Action
from moderation.words import word_list
from providers.gateway import get_gateway
from providers.models import LanguageModel, Provider, UsageRecord
from tests.conversations.answering import MODEL, QUESTION, answered, make_preset, regenerated
from tests.conversations.asking import PATIENCE, Onlooker, ask, stop, stored
from tests.fake_provider import Behaviour
from tests.moderation.rows import add_words
from tests.support.factories import make_user

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django.fixtures import Settings

    from accounts.models import User
    from conversations.origins import Found
    from tests.fake_provider import FakeProvider

pytestmark = pytest.mark.django_db(transaction=True)


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


async def test_answer_is_given_again_to_somebody_else(asker: User, reusing: FakeProvider) -> None:
    reusing.default = Behaviour(text="It is Paris.")
    first = await answered(asker, "What is the capital of France?")
    other = await in_database(make_user)
    turn, onlooker = await ask(other, "what is the  capital of France?")
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


async def test_nobody_chooses_by_asking_anew_what_others_get(asker: User, reusing: FakeProvider) -> None:
    reusing.default = Behaviour(text="Old.")
    await answered(asker)
    reusing.default = Behaviour(text="New.")
    other = await in_database(make_user)
    found = await answered(other)
    assert (found.source, found.content) == ("cache", "Old.")
    again = await regenerated(other, found.pk)
    assert (again.source, again.content) == ("", "New.")
    assert (await answered(asker)).content == "Old."
    assert len(reusing.calls) == 2


async def test_nobody_chooses_by_stopping_what_others_get(asker: User, reusing: FakeProvider) -> None:
    reusing.default = Behaviour(endless=True, delay=0.01)
    turn, onlooker = await ask(asker, QUESTION)
    await onlooker.wait_for("reply.delta")
    await stop(asker, turn)
    await onlooker.wait_for("reply.finished", status="stopped")
    reusing.default = Behaviour(text="As I like it.")
    assert [(await answered(asker)).source for _ in range(2)] == ["", ""]
    other = await in_database(make_user)
    assert [(await answered(other)).source for _ in range(2)] == ["", "cache"]


async def test_answer_that_is_reported_while_it_comes_is_not_kept(asker: User, reusing: FakeProvider) -> None:
    reusing.default = Behaviour(text="It is bad. " * 100, chunk=20, delay=0.01)
    turn, onlooker = await ask(asker, QUESTION)
    await onlooker.wait_for("reply.delta")
    client = AsyncClient()
    await client.aforce_login(asker)
    assert (await client.post(reverse("conversations:report", args=[turn.reply.pk]))).status_code == 200
    assert (await stored(turn)).is_streaming
    await onlooker.wait_for("reply.finished", status="complete")
    await generation.drain(PATIENCE)
    other = await in_database(make_user)
    assert (await answered(other)).source == ""


async def test_answer_of_the_old_server_is_not_kept_for_the_new_one(asker: User, reusing: FakeProvider) -> None:
    def move(address: str) -> None:
        Provider.objects.filter(slug="openai").update(base_url=address)

    old = reusing.base_url
    await in_database(move, "http://127.0.0.1:9/v1")  # this process hears of it later, and still asks the old one
    assert (await answered(asker)).source == ""
    await in_database(move, old)
    other = await in_database(make_user)
    assert (await answered(other)).source == ""
    assert (await answered(other)).source == "cache"
    assert len(reusing.calls) == 2


async def test_answer_is_kept_for_the_server_that_was_asked(asker: User, reusing: FakeProvider) -> None:
    question = await in_database(
        lambda: Message(conversation=Conversation(user=asker), role=Role.USER, content=QUESTION)
    )
    reply = Message(conversation=question.conversation, parent=question, role=Role.ASSISTANT, model=MODEL)

    def keep(version: str) -> Found | None:
        request = make_prompt(reply, [question]).request
        spot = find_spot(question, reply, request)
        assert spot is not None
        keep_answer(spot, reply, "Kept.", asked=(MODEL, version or spot.version))
        return find_answer(question, reply)

    assert await in_database(keep, "1 openai http://127.0.0.1:9/v1") is None
    assert await in_database(keep, "") is not None


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
