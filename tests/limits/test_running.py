"""What a person may have the model do at the same time and in a minute, whichever way they ask."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.db import connection

from accounts import limits
from chatproject.errors import DomainError, NotFound, TooManyRequests
from conversations import services
from conversations.admission import Busy, TooManyReplies
from conversations.models import Conversation, Message, Status
from moderation.models import Incident
from moderation.words import word_list
from tests.accounts.acting import at_once
from tests.moderation.rows import add_word

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_django.fixtures import Settings

    from accounts.models import User
    from conversations.questions import Turn

pytestmark = pytest.mark.django_db(transaction=True)
MODEL = "demo/demo"


@pytest.fixture(autouse=True)
def _own_list() -> Iterator[None]:
    word_list.forget()
    yield
    word_list.forget()


def ask(user: User, *, to: Turn | None = None, client_id: str = "", text: str = "Hi") -> Turn:
    conversation = to.conversation.pk if to else None
    return services.send_message(
        user, client_id=client_id or uuid4().hex, conversation_id=conversation, parent_id=None, text=text, model=MODEL
    )


def finish(turn: Turn) -> None:
    Message.objects.filter(pk=turn.reply.pk).update(status=Status.STOPPED, content="Well")


def outcome(user: User, text: str = "Hi") -> str:
    try:
        ask(user, text=text)
    except DomainError as error:
        return error.code
    return "asked"


def test_replies_running_at_once_are_limited_however_many_ask_together(alice: User, settings: Settings) -> None:
    settings.MAX_RUNNING_REPLIES = 3
    outcomes = at_once(8, lambda _: outcome(alice))
    assert sorted(outcomes) == ["asked"] * 3 + ["too_many_replies"] * 5
    assert Conversation.objects.count() == 3


def test_reply_that_ended_makes_room(alice: User, bob: User, settings: Settings) -> None:
    settings.MAX_RUNNING_REPLIES = 1
    first = ask(alice)
    with pytest.raises(TooManyReplies, match="Another answer is still being written"):
        ask(alice)
    with pytest.raises(Busy):
        ask(alice, to=first)
    ask(bob)
    finish(first)
    ask(alice)


def test_every_command_that_starts_the_model_is_counted(alice: User, settings: Settings) -> None:
    settings.RATE_LIMIT_MESSAGES = "4/d"
    turn = ask(alice)
    finish(turn)
    edited = services.edit_message(alice, client_id="e", message_id=turn.question.pk, text="Hello", model=MODEL)
    finish(edited)
    again = services.regenerate_reply(alice, client_id="r", reply_id=edited.reply.pk, model=MODEL)
    finish(again)
    finish(services.continue_reply(alice, client_id="c", reply_id=again.reply.pk))
    commands: tuple[Callable[[], Turn], ...] = (
        lambda: ask(alice),
        lambda: services.edit_message(alice, client_id="e2", message_id=turn.question.pk, text="Ho", model=MODEL),
        lambda: services.regenerate_reply(alice, client_id="r2", reply_id=edited.reply.pk, model=MODEL),
        lambda: services.continue_reply(alice, client_id="c2", reply_id=again.reply.pk),
    )
    before = Message.objects.count()
    for command in commands:
        with pytest.raises(TooManyRequests, match="Too many requests, please try again after") as refusal:
            command()
        assert refusal.value.retry_after
    assert Message.objects.count() == before


def test_repeated_command_is_neither_counted_nor_refused(alice: User, settings: Settings) -> None:
    settings.RATE_LIMIT_MESSAGES = "2/d"
    turn = ask(alice, client_id="same")
    for _ in range(5):
        assert not ask(alice, client_id="same").is_new
    finish(turn)
    ask(alice, to=turn)
    with pytest.raises(TooManyRequests):
        ask(alice)
    assert ask(alice, client_id="same").reply == turn.reply


def test_command_whose_twin_is_stored_before_it_is_counted_out_is_a_repetition(alice: User, settings: Settings) -> None:
    settings.RATE_LIMIT_MESSAGES = "1/d"
    asked = twice(alice, lambda: ask(alice, client_id="a"))
    edited = twice(
        alice,
        lambda: services.edit_message(alice, client_id="e", message_id=asked.question.pk, text="Hello", model=MODEL),
    )
    again = twice(alice, lambda: services.regenerate_reply(alice, client_id="r", reply_id=edited.reply.pk, model=MODEL))
    twice(alice, lambda: services.continue_reply(alice, client_id="c", reply_id=again.reply.pk), look="SELECT")
    with pytest.raises(TooManyRequests):
        ask(alice)


def twice(user: User, command: Callable[[], Turn], look: str = '"client_id" = ') -> Turn:
    """Give a command, and again after it looked for what is stored and before it is counted."""
    limits.forget(limits.MESSAGES, user.pk, "1/d")
    first: list[Turn] = []

    def give_it_meanwhile(execute: Callable[..., Any], sql: str, *further: Any) -> Any:
        result = execute(sql, *further)
        if not first and "conversations_message" in sql and look in sql:
            with without(give_it_meanwhile):
                first.append(command())
        return result

    with connection.execute_wrapper(give_it_meanwhile):
        second = command()
    assert (first[0].is_new, second.is_new, second.reply) == (True, False, first[0].reply)
    finish(second)
    return second


@contextmanager
def without(wrapper: Callable[..., Any]) -> Iterator[None]:
    connection.execute_wrappers.remove(wrapper)
    try:
        yield
    finally:
        connection.execute_wrappers.append(wrapper)


def test_what_the_list_blocks_is_counted(alice: User, settings: Settings) -> None:
    settings.RATE_LIMIT_MESSAGES = "20/d"
    add_word("badword")
    outcomes = [outcome(alice, f"A badword, number {number}") for number in range(25)]
    assert outcomes == ["blocked_words"] * 20 + ["rate_limited"] * 5
    assert Incident.objects.count() == 20
    assert outcome(alice) == "rate_limited"


def test_message_to_a_place_that_is_not_there_is_counted(alice: User, settings: Settings) -> None:
    settings.RATE_LIMIT_MESSAGES = "1/d"
    for refusal in (NotFound, TooManyRequests):
        with pytest.raises(refusal):
            services.send_message(
                alice, client_id=uuid4().hex, conversation_id=uuid4(), parent_id=None, text="Hi", model=MODEL
            )


def test_refused_question_leaves_nothing_behind(alice: User, settings: Settings) -> None:
    settings.RATE_LIMIT_MESSAGES = "1/d"
    finish(ask(alice))
    with pytest.raises(TooManyRequests):
        ask(alice)
    assert (Conversation.objects.count(), Message.objects.count()) == (1, 2)
