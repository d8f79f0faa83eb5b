"""Several models asked the same question side by side: all answers run at once, and one is kept."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from chatproject.database import in_database
from chatproject.errors import BadRequest, Conflict, DomainError, NotFound, TooManyRequests
from conversations import announcing, branching, generation, queueing, selectors, services, turns
from conversations.admission import TooManyReplies
from conversations.models import Conversation, Message, Role, Status
from conversations.questions import Turn
from faq.entries import save_entry
from faq.models import Entry
from providers.models import UsageRecord
from providers.money.ledger import BudgetExhausted
from tests.conversations.asking import PATIENCE, Onlooker, follow, stop
from tests.fake_provider import Behaviour
from tests.money.paying import a_dollar_each, make_budget, make_model
from tests.support.factories import make_user

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

    from accounts.models import User
    from tests.fake_provider import FakeProvider

pytestmark = pytest.mark.django_db(transaction=True)
FIRST, SECOND, THIRD = MODELS = ("openai/gpt-5.5", "anthropic/claude-sonnet-5-5", "openai/fake-echo")
ENDLESS = "Tell me. [[fake: endless delay=0.02]]"


def compare(user: User, text: str = "Which?", models: tuple[str, ...] = MODELS, **fields: Any) -> Turn:
    command = {"client_id": uuid4().hex, "conversation_id": None, "parent_id": None, "text": text, **fields}
    return services.send_message(user, model=models[0], models=models, **command)


async def send(user: User, **fields: Any) -> Turn:
    return await in_database(partial(compare, user, **fields))


async def run(user: User, text: str = "Which?", models: tuple[str, ...] = MODELS) -> tuple[Turn, Onlooker]:
    return await follow(user, await in_database(compare, user, text, models))


async def test_all_answer_at_once_and_the_first_is_on_show(asker: User, fake: FakeProvider) -> None:
    turn, onlooker = await run(asker, ENDLESS)
    started = onlooker.of("reply.started")
    ids = [str(reply.pk) for reply in turn.replies]
    assert [(one["reply"], one["model"], one["compared"]) for one in started] == [
        (reply, model, ids) for reply, model in zip(ids, MODELS, strict=True)
    ]
    for each in ids:
        await onlooker.wait_for("reply.delta", reply=each)
    assert generation.running() == len(MODELS)
    await stop(asker, Turn(turn.conversation, turn.question, turn.beside[0]))
    await onlooker.wait_for("reply.finished", reply=ids[1], status="stopped")
    assert onlooker.of("conversation.changed")[-1]["running"], "the two others go on"
    for reply in (turn.reply, turn.beside[1]):
        await stop(asker, Turn(turn.conversation, turn.question, reply))
    await generation.drain(PATIENCE)
    assert (await in_database(Conversation.objects.get)).leaf_id == turn.reply.pk
    assert [record.model for record in await in_database(list, UsageRecord.objects.order_by("pk"))] == list(MODELS)


async def test_each_model_sees_the_question_and_nothing_of_the_others(asker: User, fake: FakeProvider) -> None:
    await run(asker)
    await generation.drain(PATIENCE)
    said = [[message["content"] for message in record.body["messages"]] for record in fake.calls]
    assert len(said) == len(MODELS)
    assert all(len(messages) <= 2 and "Which?" in str(messages[-1]) for messages in said)


def shown(user: User, turn: Turn) -> list[str]:
    branch = selectors.list_branch(selectors.get_conversation(user, turn.conversation.pk))
    return [one.message.model for one in branch[-1].compared]


async def test_page_shows_all_until_one_is_kept(asker: User, fake: FakeProvider) -> None:
    turn, onlooker = await run(asker)
    await generation.drain(PATIENCE)
    assert await in_database(shown, asker, turn) == list(MODELS)
    kept = turn.beside[0]
    await in_database(branching.keep_reply, asker, kept.pk)
    told = await onlooker.wait_for("branch.changed")
    assert (told["leaf"], told["compared"]) == (str(kept.pk), [])
    talk = await in_database(selectors.get_conversation, asker, turn.conversation.pk)
    assert (talk.leaf_id, talk.model) == (kept.pk, SECOND)
    branch = await in_database(selectors.list_branch, talk)
    assert (branch[-1].compared, len(branch[-1].siblings), branch[-1].place) == ((), 3, 2)


async def test_to_go_on_decides_and_to_walk_back_shows_one(asker: User, fake: FakeProvider) -> None:
    turn, _ = await run(asker)
    await generation.drain(PATIENCE)
    again: dict[str, Any] = {"client_id": "next", "conversation_id": turn.conversation.pk, "parent_id": None}
    await in_database(lambda: services.send_message(asker, text="And then?", model=FIRST, **again))
    question = await in_database(Message.objects.get, client_id="next")
    assert question.parent_id == turn.reply.pk
    await in_database(branching.show_branch, asker, turn.beside[1].pk)
    assert await in_database(shown, asker, turn) == []


async def test_fork_of_one_answer_stands_alone(asker: User, fake: FakeProvider) -> None:
    turn, _ = await run(asker)
    await generation.drain(PATIENCE)
    fork = await in_database(branching.fork_conversation, asker, turn.beside[0].pk)
    assert await in_database(lambda: [one.is_compared for one in fork.messages.all()]) == [False, False]


async def test_another_try_takes_the_place_of_the_answer_among_the_others(asker: User, fake: FakeProvider) -> None:
    turn, _ = await run(asker)
    await generation.drain(PATIENCE)
    once_more: dict[str, Any] = {"client_id": "again", "reply_id": turn.beside[0].pk, "model": SECOND}
    again = await in_database(lambda: services.regenerate_reply(asker, **once_more))
    assert [one.pk for one in again.compared] == [turn.reply.pk, turn.beside[1].pk, again.reply.pk]
    _, onlooker = await follow(asker, again)
    assert len((await onlooker.wait_for("reply.started"))["compared"]) == len(MODELS)
    await generation.drain(PATIENCE)
    assert await in_database(shown, asker, turn) == [FIRST, THIRD, SECOND]


async def test_any_of_them_goes_on_where_it_was_stopped(asker: User, fake: FakeProvider) -> None:
    turn, onlooker = await run(asker, ENDLESS, MODELS[:2])
    await onlooker.wait_for("reply.delta", reply=str(turn.beside[0].pk))
    for reply in turn.replies:
        await stop(asker, Turn(turn.conversation, turn.question, reply))
    await generation.drain(PATIENCE)
    command: dict[str, Any] = {"client_id": "go on", "reply_id": turn.beside[0].pk}
    going_on = await in_database(lambda: services.continue_reply(asker, **command))
    assert [one.pk for one in going_on.compared] == [one.pk for one in turn.replies]


async def test_repeated_command_finds_all_its_replies(asker: User, fake: FakeProvider) -> None:
    turn = await send(asker, client_id="once")
    again = await send(asker, client_id="once")
    assert (again.is_new, again.replies, again.compared) == (False, turn.replies, turn.replies)
    assert await in_database(Message.objects.filter(role=Role.ASSISTANT).count) == len(MODELS)
    with pytest.raises(Conflict):
        await send(asker, text="Other words", client_id="once")


@pytest.mark.parametrize(
    "models", [(FIRST,), (FIRST, FIRST), (FIRST, "a/1", "a/2", "a/3", "a/4"), (FIRST, "nobody/knows")]
)
async def test_two_to_four_models_that_are_known_can_be_asked(
    asker: User, fake: FakeProvider, models: tuple[str, ...]
) -> None:
    with pytest.raises(BadRequest):
        await send(asker, models=models)
    assert not await in_database(Message.objects.exists)


async def test_each_answer_takes_a_place_of_its_person(asker: User, fake: FakeProvider, settings: Settings) -> None:
    settings.MAX_RUNNING_REPLIES = 2
    with pytest.raises(BadRequest, match="Choose fewer"):
        await send(asker)
    settings.MAX_RUNNING_REPLIES = 4
    await send(asker)
    with pytest.raises(TooManyReplies, match="3 other answers"):
        await send(asker, models=MODELS[:2])
    assert await in_database(Message.objects.filter(status=Status.STREAMING).count) == len(MODELS)


async def test_each_answer_counts_as_a_message(asker: User, fake: FakeProvider, settings: Settings) -> None:
    settings.RATE_LIMIT_MESSAGES = "5/m"
    await send(asker)
    with pytest.raises(TooManyRequests):
        await send(asker)


async def test_budget_that_covers_only_some_refuses_all(asker: User, fake: FakeProvider) -> None:
    def attempt(limit: int) -> DomainError | None:
        for model in MODELS:
            make_model(model, tiers=a_dollar_each(), output_tokens=1000)
        make_budget(limit)
        try:
            compare(asker)
        except DomainError as error:
            return error
        return None

    assert isinstance(await in_database(attempt, 2500), BudgetExhausted)
    assert not await in_database(Message.objects.exists)
    assert not await in_database(UsageRecord.objects.exists)


async def test_models_are_asked_though_the_faq_knows(asker: User, fake: FakeProvider) -> None:
    await in_database(save_entry, Entry(question="Which?", answer="This one."))
    turn, _ = await run(asker)
    assert [one.source for one in turn.replies] == ["", "", ""]


async def test_comparison_waits_for_its_turn_like_any_message(asker: User, fake: FakeProvider) -> None:
    turn, _ = await run(asker, ENDLESS)
    waiting: dict[str, Any] = {"conversation_id": turn.conversation.pk, "model": FIRST, "models": MODELS[:2]}
    queued = await in_database(lambda: queueing.queue_message(asker, client_id="waits", text="And?", **waiting))
    assert queued is not None
    assert (queued.model, queued.beside) == (FIRST, list(MODELS[:2]))


async def test_comparison_that_would_never_be_admitted_does_not_wait(
    asker: User, fake: FakeProvider, settings: Settings
) -> None:
    turn, onlooker = await run(asker, ENDLESS, MODELS[:2])
    waiting: dict[str, Any] = {"text": "And?", "model": FIRST, "models": MODELS}
    waiting["conversation_id"] = turn.conversation.pk
    await in_database(lambda: queueing.queue_message(asker, client_id="before", **waiting))
    settings.MAX_RUNNING_REPLIES = 2
    with pytest.raises(BadRequest, match="Choose fewer"):
        await in_database(lambda: queueing.queue_message(asker, client_id="after", **waiting))
    for reply in turn.replies:
        await in_database(services.request_stop, asker, reply.pk)
    await onlooker.wait_until(lambda: len(onlooker.of("reply.finished")) == 2)
    await turns.take_forgotten()
    await turns.settle()
    held = await in_database(lambda: queueing.list_waiting(turn.conversation.pk)[0])
    assert held.held
    assert "Choose fewer" in held.problem


async def test_what_waits_goes_on_from_the_first_though_another_one_failed(
    asker: User, fake: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(announcing.hooks, "after_end", turns.after_end)
    fake.script(Behaviour(status=400), times=5, model="fake-echo")
    turn, onlooker = await run(asker, "Which? [[fake: chars=400 delay=0.05]]")
    waiting: dict[str, Any] = {"conversation_id": turn.conversation.pk, "text": "And?", "model": FIRST}
    assert await in_database(lambda: queueing.queue_message(asker, client_id="waits", **waiting))
    await onlooker.wait_for("reply.finished", reply=str(turn.beside[1].pk), status="failed")
    await onlooker.wait_until(lambda: len(onlooker.of("message.created")) > 1)
    next_question = onlooker.of("message.created")[-1]["message"]
    assert (next_question["text"], next_question["parent"]) == ("And?", str(turn.reply.pk))
    await generation.drain(PATIENCE)


async def test_strangers_keep_nothing(asker: User, fake: FakeProvider) -> None:
    turn = await send(asker)
    with pytest.raises(NotFound):
        await in_database(lambda: branching.keep_reply(make_user("eve@example.com"), turn.reply.pk))
    with pytest.raises(NotFound):
        await in_database(branching.keep_reply, asker, turn.question.pk)
    assert await in_database(Message.objects.filter(is_compared=True).count) == len(MODELS)
