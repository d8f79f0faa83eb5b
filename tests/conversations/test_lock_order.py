"""Who holds several rows takes them in one order, so that two who do never wait for each other.

That is: a conversation, its person, messages in the order of their keys, the accounts of budgets.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.db import connection, connections, transaction
from uuid_utils.compat import uuid7

from conversations import arranging, branching, recording, services, titling
from conversations.admission import stop_replies
from conversations.beginning import Beginning
from conversations.checkpoints import save_checkpoints
from conversations.draft import Checkpoint, Draft
from conversations.models import Message, Role, Status
from conversations.recording import Answer, Said, Talk
from conversations.tally import Tally
from conversations.titling import Naming
from providers.gateway import get_gateway
from providers.models import BudgetAccount, Purpose
from providers.money.ledger import reserve
from providers.port import ChatRequest, ProviderConfig
from sharing.models import Link
from sharing.services import share_branch
from tests.money.paying import MODEL, a_dollar_each, make_budget, make_model
from tests.support.factories import make_conversation, make_message
from tests.support.server import messages_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import Model
    from pytest_django.fixtures import Settings

    from accounts.models import User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.redis]  # SQLite locks no rows
BLOCKED = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
"""Who waits for this connection; pg_stat_activity shows none that came after a transaction's first look at it."""


def checkpoint_all(replies: list[Message]) -> None:
    save_checkpoints({reply.run: Checkpoint(0, "a", [], 0) for reply in replies})


def stop_all(replies: list[Message]) -> None:
    stop_replies(replies[0].conversation.user_id)


@pytest.mark.parametrize("act", [checkpoint_all, stop_all])
def test_who_waits_for_one_message_holds_none_after_it(alice: User, act: Callable[[list[Message]], None]) -> None:
    low, high = sorted((send(alice) for _ in range(2)), key=lambda reply: reply.pk)
    Message.objects.filter(pk=low.pk).update(omitted_messages=0)  # written anew: now it lies behind the other
    while_held(low, lambda: act([high, low]), free=high)


def keep_one(reply: Message) -> None:
    branching.keep_reply(reply.conversation.user, reply.pk)


def delete_question(reply: Message) -> None:
    assert reply.parent
    branching.delete_message(reply.conversation.user, reply.parent.pk)


def delete_all(reply: Message) -> None:
    arranging.delete_conversation(reply.conversation)


def end_all(reply: Message) -> None:
    arranging.end_temporary(reply.conversation)


@pytest.mark.parametrize("act", [keep_one, delete_question, delete_all, end_all])
def test_who_waits_for_one_answer_of_several_holds_none_after_it(alice: User, act: Callable[[Message], None]) -> None:
    low = send(alice, is_compared=True)
    high = Message.objects.get(pk=low.pk)
    high.pk = uuid7()
    high.save(force_insert=True)
    Message.objects.filter(pk=low.pk).update(omitted_messages=0)  # written anew: now it lies behind the other
    while_held(low, lambda: act(high), free=high)


@pytest.mark.parametrize("act", [keep_one, delete_question, delete_all, end_all])
def test_who_waits_for_a_conversation_holds_no_message(alice: User, act: Callable[[Message], None]) -> None:
    reply = send(alice)
    while_held(reply.conversation, lambda: act(reply), free=reply)


def test_who_waits_for_a_conversation_to_name_holds_no_budget(alice: User, settings: Settings) -> None:
    settings.PROVIDERS = (ProviderConfig("openai", "openai", "OpenAI", "http://models.example/v1", ("sk-test",)),)
    get_gateway.cache_clear()
    make_model(tiers=a_dollar_each())
    make_budget(1_000_000)
    talk = make_conversation(alice)
    with transaction.atomic():
        reserve(alice.pk, purpose=Purpose.TITLE, subject=talk.pk, model=MODEL, estimate=lambda: (10, 10))
    request = ChatRequest(model=MODEL, messages=())
    naming = Naming(talk.pk, alice.pk, MODEL, request, Tally(), Draft("Cheese"), Status.COMPLETE)
    while_held(talk, lambda: titling._end(naming), free=BudgetAccount.objects.get())
    talk.refresh_from_db()
    assert (talk.title, BudgetAccount.objects.get().reserved) == ("Cheese", 0)
    get_gateway.cache_clear()


def test_who_waits_for_a_conversation_to_share_does_not_hold_its_person(alice: User) -> None:
    talk = make_conversation(alice)
    make_message(talk)

    def share() -> None:
        share_branch(talk)

    while_held(talk, share, free=alice)
    assert Link.objects.count() == 1


def test_who_waits_to_go_on_with_a_stored_talk_holds_no_message(alice: User) -> None:
    asked = (Said(Role.USER, "Hello"),)
    talk = recording._store(alice, Talk("", asked), answer("One."), {"One.": "One."})
    assert talk
    reply = Message.objects.get(conversation=talk, role=Role.ASSISTANT)
    longer = Talk("", (*asked, Said(Role.ASSISTANT, "One."), Said(Role.USER, "And?")))

    def go_on() -> None:
        recording._store(alice, longer, answer("Two."), {"One.": "One.", "Two.": "Two."})

    while_held(talk, go_on, free=reply)
    assert [one.content for one in messages_of(talk.pk)] == ["Hello", "One.", "And?", "Two."]


def answer(text: str) -> Answer:
    return Answer(uuid7(), text, "", MODEL, MODEL, Status.COMPLETE, "stop", None, None, None)


def send(user: User, **fields: object) -> Message:
    """Begin an answer in a temporary conversation of its own."""
    turn = services.send_message(
        user,
        client_id=uuid4().hex,
        conversation_id=None,
        parent_id=None,
        text="Hi",
        model="demo/demo",
        beginning=Beginning(is_temporary=True),
    )
    if fields:
        Message.objects.filter(pk=turn.reply.pk).update(**fields)
    return Message.objects.get(pk=turn.reply.pk)


def while_held(row: Model, act: Callable[[], None], *, free: Model) -> None:
    """Let somebody act who has to wait for one row; nobody holds the other meanwhile."""

    def run() -> None:
        try:
            with connection.cursor() as cursor:  # a large table may be read in any order
                cursor.execute("SET enable_indexscan = off")
                cursor.execute("SET enable_bitmapscan = off")
            act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            hold(row)
            acting = threads.submit(run)
            while not is_somebody_blocked():
                assert not acting.done()
            hold(free, nowait=True)
        acting.result(timeout=30)


def hold(row: Model, *, nowait: bool = False) -> None:
    rows = type(row)._default_manager.select_for_update(nowait=nowait)
    assert rows.get(pk=row.pk) == row


def is_somebody_blocked() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(BLOCKED)
        return bool(cursor.fetchone()[0])
