"""Turns and money: a question is stored with what is set aside for it, an answer ends with what it cost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chatproject.database import in_database
from conversations import generation, services, sweeper
from conversations.checkpoints import Ending, end_reply
from conversations.models import Conversation, Message, Role, Status
from conversations.sweeper import SilentReply
from faq.entries import save_entry
from faq.models import Entry
from providers.gateway import get_gateway
from providers.models import BudgetAccount, Outcome, UsageRecord
from providers.money.account import THINKING_RATE
from providers.money.ledger import BudgetExhausted, Call, PriceUnknown
from providers.port import Usage
from tests.conversations.asking import ask, stored
from tests.fake_provider import Behaviour
from tests.money.paying import MODEL, a_dollar_each, balance, make_budget, make_model, store_model
from tests.support.factories import make_conversation, make_message, make_user

if TYPE_CHECKING:
    from collections.abc import Callable

    from accounts.models import User
    from conversations.questions import Turn
    from tests.fake_provider import FakeProvider


@pytest.fixture
def person(catalogue: None) -> User:
    make_model(tiers=a_dollar_each())
    return make_user()


def send(user: User, text: str = "Hello", conversation: Any = None) -> Turn:
    return services.send_message(
        user, client_id=uuid4().hex, conversation_id=conversation, parent_id=None, text=text, model=MODEL
    )


def settle_turn(turn: Turn, usage: Usage, status: Status = Status.COMPLETE, text: str = "Hi.") -> Message:
    calls = [Call(MODEL, None, usage, Outcome(status))]
    assert end_reply(turn.reply.run, Ending(status), text=text, html="", usage=usage, calls=calls)
    return Message.objects.get(pk=turn.reply.pk)


def answered(user: User) -> tuple[Conversation, Message, Message]:
    """Make a conversation with a question and an answer that was stopped."""
    conversation = make_conversation(user)
    question = make_message(conversation)
    reply = make_message(conversation, "Half", role=Role.ASSISTANT, status=Status.STOPPED, model=MODEL, cost=5)
    return conversation, question, reply


# --- refused


@pytest.mark.parametrize("command", ["send", "send on", "edit", "regenerate", "continue"])
def test_refused_turn_leaves_nothing_behind(person: User, command: str) -> None:
    conversation, question, reply = answered(person)
    commands: dict[str, Callable[[], Turn]] = {
        "send": lambda: send(person),
        "send on": lambda: send(person, conversation=conversation.pk),
        "edit": lambda: services.edit_message(
            person, client_id=uuid4().hex, message_id=question.pk, text="Other words", model=MODEL
        ),
        "regenerate": lambda: services.regenerate_reply(person, client_id=uuid4().hex, reply_id=reply.pk, model=MODEL),
        "continue": lambda: services.continue_reply(person, client_id=uuid4().hex, reply_id=reply.pk),
    }
    make_budget(1)
    before = list(Conversation.objects.values()), list(Message.objects.order_by("pk").values())
    with pytest.raises(BudgetExhausted) as refusal:
        commands[command]()
    assert (list(Conversation.objects.values()), list(Message.objects.order_by("pk").values())) == before
    assert not UsageRecord.objects.exists()
    assert refusal.value.message.endswith("Your draft is kept.") is (command in {"send", "send on", "edit"})
    assert refusal.value.retry_after


def test_unknown_price_is_refused_with_the_draft_kept(person: User) -> None:
    make_model()
    make_budget(1_000_000)
    with pytest.raises(PriceUnknown, match="Your draft is kept"):
        send(person)
    assert not Message.objects.exists()


def test_long_history_sets_more_aside(person: User) -> None:
    budget = make_budget(1_000_000)
    first = send(person)
    _, short = balance(budget)
    settle_turn(first, Usage(0, 0), text="word " * 2_000)
    send(person, conversation=first.conversation.pk)
    _, long = balance(budget)
    assert long > short + 2_000


def test_repeated_command_sets_nothing_aside(person: User) -> None:
    budget = make_budget(1_000_000)
    client_id = uuid4().hex
    for _ in range(3):
        services.send_message(
            person, client_id=client_id, conversation_id=None, parent_id=None, text="Hello", model=MODEL
        )
    assert balance(budget)[1] == UsageRecord.objects.get().reserved


# --- settled


def test_answer_ends_with_its_cost(person: User) -> None:
    budget = make_budget(1_000_000)
    assert settle_turn(send(person), Usage(30, 12)).cost == 42
    assert balance(budget) == (42, 0)


def test_cost_is_the_sum_of_all_runs(person: User) -> None:
    _, _, reply = answered(person)
    turn = services.continue_reply(person, client_id=uuid4().hex, reply_id=reply.pk)
    assert settle_turn(turn, Usage(30, 12)).cost == 47


def test_cost_of_a_run_whose_price_is_unknown_is_unknown(person: User) -> None:
    _, _, reply = answered(person)
    make_model()
    turn = services.continue_reply(person, client_id=uuid4().hex, reply_id=reply.pk)
    assert settle_turn(turn, Usage(30, 12)).cost is None


def test_run_that_lost_its_reply_settles_nothing(person: User) -> None:
    budget = make_budget(1_000_000)
    first = send(person)
    settle_turn(first, Usage(1, 1), Status.STOPPED)
    services.continue_reply(person, client_id=uuid4().hex, reply_id=first.reply.pk)
    held = balance(budget)
    late = [Call(MODEL, None, Usage(500, 500), Outcome.COMPLETE)]
    assert not end_reply(first.reply.run, Ending(Status.COMPLETE), text="Late", html="", calls=late)
    assert balance(budget) == held
    assert UsageRecord.objects.filter(settled_at=None).count() == 1


def test_reply_that_was_removed_while_it_was_written_is_charged(person: User) -> None:
    budget = make_budget(1_000_000)
    turn = send(person)
    turn.conversation.delete()
    calls = [Call(MODEL, None, Usage(30, 12), Outcome.COMPLETE)]
    assert not end_reply(turn.reply.run, Ending(Status.COMPLETE), text="", html="", calls=calls)
    assert balance(budget) == (42, 0)


def test_call_of_a_removed_reply_is_settled_after_an_hour(person: User) -> None:
    budget = make_budget(1_000_000)
    gone, running = send(person), send(person)
    UsageRecord.objects.update(created_at=datetime.now(UTC) - timedelta(hours=2))
    gone.conversation.delete()
    sweeper.settle_abandoned_calls()
    assert balance(budget) == (0, UsageRecord.objects.get(subject=running.reply.pk).reserved)
    assert UsageRecord.objects.get(subject=gone.reply.pk).error_code == "abandoned"


def test_nothing_is_read_for_a_comparison_while_its_budget_is_held(person: User) -> None:
    other = "openai/fake-echo"
    make_model(other, tiers=a_dollar_each())
    budget = make_budget(1_000_000)
    command: dict[str, Any] = {"client_id": uuid4().hex, "conversation_id": None, "parent_id": None, "text": "Which?"}
    with CaptureQueriesContext(connection) as captured:
        services.send_message(person, model=MODEL, models=(MODEL, other), **command)
    asked = [one["sql"] for one in captured]
    held = next(place for place, sql in enumerate(asked) if sql.startswith('UPDATE "providers_budgetaccount"'))
    assert not [sql for sql in asked[held:] if "FROM conversations_message" in sql]  # as a branch is read
    records = UsageRecord.objects.values_list("reserved", flat=True)
    assert (len(records), balance(budget)) == (2, (0, sum(records)))


# --- with the engine


async def test_orphan_is_settled_by_an_estimate(asker: User) -> None:
    budget = await in_database(make_budget, 1_000_000)
    turn = await in_database(send, asker, "word " * 100)
    silent = SilentReply(turn.reply.pk, datetime.now(UTC) + timedelta(seconds=1))
    await sweeper.end_orphan(silent)
    record = await in_database(UsageRecord.objects.get)
    assert (record.outcome, record.error_code, record.is_estimated) == ("interrupted", "interrupted", True)
    assert record.prompt_tokens > 100
    assert await in_database(balance, budget) == (record.cost, 0)
    assert (await stored(turn)).cost == record.cost


async def test_orphan_that_may_have_thought_is_charged_for_it(asker: User) -> None:
    await in_database(make_thinker)
    await get_gateway().reload()
    turn = await in_database(send, asker)
    await sweeper.end_orphan(SilentReply(turn.reply.pk, datetime.now(UTC) + timedelta(seconds=9)))
    record = await in_database(UsageRecord.objects.get)
    assert 9 * THINKING_RATE <= record.reasoning_tokens <= 2_000
    assert record.completion_tokens == record.reasoning_tokens
    assert record.is_estimated


def make_thinker() -> None:
    store_model(tiers=a_dollar_each(), has_reasoning=True, output_tokens=2_000)


async def test_reply_is_charged_what_its_provider_billed(asker: User, engine: FakeProvider) -> None:
    engine.default = Behaviour(
        chars=500, prompt_tokens=200, cached_tokens=150, completion_tokens=90, reasoning_tokens=40
    )
    budget = await in_database(make_budget, 1_000_000)
    _, onlooker = await ask(asker)
    finished = await onlooker.wait_for("reply.finished")
    record = await in_database(UsageRecord.objects.get)
    assert (record.prompt_tokens, record.cached_tokens, record.completion_tokens) == (200, 150, 90)
    assert (record.reasoning_tokens, record.outcome, record.key_id is None) == (40, "complete", False)
    assert finished["cost"] == record.cost == 290
    assert await in_database(balance, budget) == (290, 0)


async def test_failed_reply_gives_back_what_it_held(asker: User, engine: FakeProvider) -> None:
    engine.default = Behaviour(status=400)
    budget = await in_database(make_budget, 1_000_000)
    _, onlooker = await ask(asker)
    assert (await onlooker.wait_for("reply.finished"))["status"] == "failed"
    record = await in_database(UsageRecord.objects.get)
    assert (record.outcome, record.cost, record.prompt_tokens) == ("failed", 0, 0)
    assert record.error_code
    assert await in_database(balance, budget) == (0, 0)


async def test_stopped_reply_is_charged_what_it_used(asker: User, engine: FakeProvider) -> None:
    engine.default = Behaviour(chars=2_000, hang=500)
    budget = await in_database(make_budget, 1_000_000)
    turn, onlooker = await ask(asker)
    await onlooker.wait_until(
        lambda: any(frame["offset"] + len(frame["text"]) == 500 for frame in onlooker.of("reply.delta"))
    )
    generation.stop(turn.reply.pk)
    assert (await onlooker.wait_for("reply.finished"))["status"] == "stopped"
    await engine.calls[0].wait_ended()
    record = await in_database(UsageRecord.objects.get)
    [billed] = engine.bill
    assert record.is_estimated
    assert (record.prompt_tokens, record.completion_tokens) == (billed["prompt_tokens"], billed["completion_tokens"])
    assert await in_database(balance, budget) == (record.cost, 0)


async def test_person_is_told_when_a_budget_gets_low(asker: User, engine: FakeProvider) -> None:
    engine.default = Behaviour(prompt_tokens=50_000, completion_tokens=32_500)
    await in_database(make_budget, 100_000, scope="each")
    turn, onlooker = await ask(asker)
    await onlooker.wait_for("reply.finished")
    at_the_end = await onlooker.wait_for("notice")
    onlooker.frames.clear()
    await ask(asker, conversation=turn.conversation.pk, onlooker=onlooker)
    at_the_next = await onlooker.wait_for("notice")
    assert at_the_next == at_the_end
    assert at_the_end["code"] == "budget_low"
    assert at_the_end["message"].startswith("Your budget for this month ($0.10): 82 % used.")


def test_answer_of_the_faq_needs_no_budget(person: User) -> None:
    make_budget(1)
    with pytest.raises(BudgetExhausted):
        send(person, "How do I pay?")
    save_entry(Entry(question="How do I pay?", answer="By card."))
    turn = send(person, "how do i pay")
    assert turn.found is not None
    assert not BudgetAccount.objects.exists()
    assert not UsageRecord.objects.exists()
