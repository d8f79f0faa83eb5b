"""What a person can do, told through the services."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chatproject.errors import BadRequest, Conflict, DomainError, NotFound
from conversations import arranging, selectors, services
from conversations.admission import Busy
from conversations.checkpoints import Ending, end_reply
from conversations.library import list_sidebar
from conversations.models import Conversation, Message, Role, Status, TitleSource
from conversations.protocol import MAX_TEXT_LENGTH

if TYPE_CHECKING:
    from accounts.models import User
    from conversations.questions import Turn

pytestmark = pytest.mark.django_db
MODEL = "demo/demo"


def ask(user: User, text: str = "Hello", *, to: Turn | None = None, client_id: str | None = None) -> Turn:
    return services.send_message(
        user,
        client_id=client_id or uuid4().hex,
        conversation_id=to.conversation.pk if to else None,
        parent_id=None,
        text=text,
        model=MODEL,
    )


def answer(turn: Turn, text: str = "Hi.", status: Status = Status.COMPLETE, reason: str = "stop") -> Message:
    assert end_reply(turn.reply.run, Ending(status, reason), text=text, html=f"<p>{text}</p>")
    return Message.objects.get(pk=turn.reply.pk)


def test_send_message_begins_a_conversation(alice: User) -> None:
    turn = ask(alice, "What is a monad?\nIn short.")
    assert turn.is_new
    assert turn.conversation.title == "What is a monad? In short."
    assert turn.conversation.title_source == TitleSource.WORDS
    assert (turn.question.role, turn.question.content) == (Role.USER, "What is a monad?\nIn short.")
    assert (turn.reply.role, turn.reply.status, turn.reply.content) == (Role.ASSISTANT, Status.STREAMING, "")
    assert turn.reply.parent_id == turn.question.pk
    assert Conversation.objects.get().leaf_id == turn.reply.pk


def test_send_message_goes_on_at_the_tip(alice: User) -> None:
    first = ask(alice)
    answer(first)
    second = ask(alice, "And then?", to=first)
    assert second.question.parent_id == first.reply.pk
    assert [shown.message.content for shown in selectors.list_branch(second.conversation)] == [
        "Hello",
        "Hi.",
        "And then?",
        "",
    ]


def test_send_message_asks_the_database_no_more_than_it_must(alice: User) -> None:
    first = ask(alice)
    answer(first)
    with CaptureQueriesContext(connection) as captured:
        ask(alice, "And then?", to=first)
    found = (re.match(r'(\w+).*?"conversations_(\w+)"', each["sql"]) for each in captured)
    assert [" ".join(statement.groups()) for statement in found if statement] == [
        "SELECT message",  # is it a repeated command, which is not counted
        "SELECT conversation",  # may they, and the lock
        "SELECT message",  # has its twin come in by now
        "SELECT message",  # is a reply being written
        "INSERT message",  # the question and the reply
        "UPDATE conversation",
    ]


def test_send_message_repeated_is_one_turn(alice: User) -> None:
    first = ask(alice, client_id="once")
    again = ask(alice, client_id="once")
    assert not again.is_new
    assert (again.question.pk, again.reply.pk) == (first.question.pk, first.reply.pk)
    inside = services.send_message(
        alice, client_id="once", conversation_id=first.conversation.pk, parent_id=None, text="Hello", model=MODEL
    )
    assert (inside.is_new, inside.question.pk) == (False, first.question.pk)
    assert Message.objects.count() == 2


def test_send_message_same_id_with_other_words_is_refused(alice: User) -> None:
    ask(alice, client_id="once")
    with pytest.raises(Conflict, match="other words"):
        ask(alice, "Something else", client_id="once")
    assert Message.objects.count() == 2


def test_send_message_client_ids_of_two_people_do_not_meet(alice: User, bob: User) -> None:
    assert ask(alice, client_id="once").conversation.pk != ask(bob, client_id="once").conversation.pk


@pytest.mark.parametrize("text", ["", " ", "\n\t \u2003"])
def test_send_message_refuses_emptiness(alice: User, text: str) -> None:
    with pytest.raises(BadRequest, match="Write something first"):
        ask(alice, text)


def test_send_message_names_the_limit_and_the_length(alice: User) -> None:
    with pytest.raises(BadRequest, match=r"100,001 characters; at most 100,000"):
        ask(alice, "x" * (MAX_TEXT_LENGTH + 1))
    assert ask(alice, "x" * MAX_TEXT_LENGTH).is_new


@pytest.mark.parametrize("text", ["a\x00b", "a\ud800b"])
def test_send_message_refuses_what_cannot_be_stored(alice: User, text: str) -> None:
    with pytest.raises(BadRequest, match="cannot be stored"):
        ask(alice, text)
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    ("model", "code"),
    [("demo/none", "unknown_model"), ("", "unknown_model"), ("openai/gpt-5.5", "provider_not_configured")],
)
async def test_send_message_refuses_models_that_are_not_there(model: str, code: str) -> None:
    from providers.gateway import Gateway  # noqa: PLC0415 - the catalogue alone is asked

    gateway = Gateway(())
    await gateway.refresh()
    with pytest.raises(DomainError) as caught:
        gateway.find_model(model)
    assert caught.value.code == code


def test_send_message_waits_for_the_answer(alice: User) -> None:
    turn = ask(alice)
    with pytest.raises(Busy):
        ask(alice, "More", to=turn)


def test_send_message_refuses_foreign_and_unknown_places(alice: User, bob: User) -> None:
    turn = ask(bob)
    answer(turn)
    own = ask(alice)
    answer(own)

    def send(conversation: UUID, parent: UUID | None) -> None:
        services.send_message(
            alice, client_id="c", conversation_id=conversation, parent_id=parent, text="x", model=MODEL
        )

    for conversation, parent in (
        (turn.conversation.pk, None),
        (uuid4(), None),
        (own.conversation.pk, turn.reply.pk),
        (own.conversation.pk, uuid4()),
    ):
        with pytest.raises(NotFound):
            send(conversation, parent)
    assert Message.objects.count() == 4


def test_edit_message_makes_a_sibling_with_its_own_reply(alice: User) -> None:
    first = ask(alice, "Frist")
    answer(first)
    edited = services.edit_message(alice, client_id="e", message_id=first.question.pk, text="First", model=MODEL)
    assert edited.question.parent_id == first.question.parent_id
    assert edited.question.pk != first.question.pk
    branch = selectors.list_branch(Conversation.objects.get(pk=first.conversation.pk))
    assert [shown.message.content for shown in branch] == ["First", ""]
    assert Message.objects.filter(content="Frist").exists()


def test_edit_message_only_of_ones_own_questions(alice: User, bob: User) -> None:
    turn = ask(alice)
    answer(turn)
    with pytest.raises(BadRequest):
        services.edit_message(alice, client_id="e", message_id=turn.reply.pk, text="x", model=MODEL)
    with pytest.raises(NotFound):
        services.edit_message(bob, client_id="e", message_id=turn.question.pk, text="x", model=MODEL)


def test_regenerate_reply_refuses_the_id_of_another_command(alice: User) -> None:
    first = ask(alice, client_id="mine")
    answer(first)
    second = ask(alice, "More", to=first)
    answer(second)
    services.regenerate_reply(alice, client_id="again", reply_id=second.reply.pk, model=MODEL)
    for client_id in ("mine", "again"):
        with pytest.raises(Conflict):
            services.regenerate_reply(alice, client_id=client_id, reply_id=first.reply.pk, model=MODEL)


def test_regenerate_reply_makes_a_sibling_once(alice: User) -> None:
    turn = ask(alice)
    answer(turn)
    again = services.regenerate_reply(alice, client_id="r", reply_id=turn.reply.pk, model=MODEL)
    repeated = services.regenerate_reply(alice, client_id="r", reply_id=turn.reply.pk, model=MODEL)
    assert (again.is_new, repeated.is_new) == (True, False)
    assert again.reply.pk == repeated.reply.pk != turn.reply.pk
    assert again.reply.parent_id == turn.question.pk


@pytest.mark.parametrize("status", [Status.STOPPED, Status.INTERRUPTED, Status.FAILED])
def test_continue_reply_keeps_the_text_and_streams_again(alice: User, status: Status) -> None:
    turn = ask(alice)
    answer(turn, "Half an", status, "")
    going_on = services.continue_reply(alice, client_id="c", reply_id=turn.reply.pk)
    assert going_on.is_new
    assert (going_on.reply.pk, going_on.reply.content) == (turn.reply.pk, "Half an")
    assert going_on.reply.status == Status.STREAMING
    assert not services.continue_reply(alice, client_id="c", reply_id=turn.reply.pk).is_new


def test_continue_reply_refuses_what_is_complete_or_not_the_last(alice: User) -> None:
    turn = ask(alice)
    reply = answer(turn)
    with pytest.raises(Conflict, match="cannot be continued"):
        services.continue_reply(alice, client_id="c", reply_id=reply.pk)
    Message.objects.filter(pk=reply.pk).update(status=Status.STOPPED)
    answer(ask(alice, "Next", to=turn))
    with pytest.raises(Conflict, match="cannot be continued"):
        services.continue_reply(alice, client_id="c", reply_id=reply.pk)


def test_continue_reply_of_one_that_hit_the_output_limit(alice: User) -> None:
    turn = ask(alice)
    answer(turn, "Long", reason="length")
    assert services.continue_reply(alice, client_id="c", reply_id=turn.reply.pk).is_new


def test_request_stop_notes_the_wish_of_the_owner_only(alice: User, bob: User) -> None:
    turn = ask(alice)
    with pytest.raises(NotFound):
        services.request_stop(bob, turn.reply.pk)
    with pytest.raises(NotFound):
        services.request_stop(alice, turn.question.pk)
    assert Message.objects.get(pk=turn.reply.pk).stop_requested_at is None
    services.request_stop(alice, turn.reply.pk)
    stopped = Message.objects.get(pk=turn.reply.pk)
    assert stopped.stop_requested_at is not None
    assert stopped.status == Status.STREAMING


def test_rename_conversation_is_a_persons_and_plain(alice: User) -> None:
    conversation = ask(alice).conversation
    arranging.rename_conversation(conversation, title="  <b>Tea</b> & \u202ecakes\n")
    stored = Conversation.objects.get()
    assert stored.title_source == TitleSource.PERSON
    assert "\u202e" not in stored.title
    assert "&" in stored.title
    with pytest.raises(BadRequest):
        arranging.rename_conversation(conversation, title=" \u200b\n")


def test_delete_conversation_can_be_undone_until_the_sweep(alice: User) -> None:
    conversation = ask(alice).conversation
    arranging.delete_conversation(conversation)
    assert list_sidebar(alice).conversations == []
    with pytest.raises(NotFound):
        selectors.get_conversation(alice, conversation.pk)
    assert arranging.remove_deleted_conversations() == 0
    arranging.restore_conversation(selectors.get_deleted_conversation(alice, conversation.pk))
    assert list_sidebar(alice).conversations == [conversation]
    arranging.delete_conversation(conversation)
    Conversation.objects.update(deleted_at=timezone.now() - arranging.UNDO_PERIOD - timedelta(seconds=1))
    assert arranging.remove_deleted_conversations() > 0
    assert not Message.objects.exists()


def test_delete_conversation_asks_its_running_reply_to_stop(alice: User) -> None:
    turn = ask(alice)
    arranging.delete_conversation(turn.conversation)
    assert Message.objects.get(pk=turn.reply.pk).stop_requested_at is not None


def test_selectors_know_only_the_owner(alice: User, bob: User) -> None:
    turn = ask(alice)
    for read in (
        lambda: selectors.get_conversation(bob, turn.conversation.pk),
        lambda: selectors.get_message(bob, turn.question.pk),
        lambda: selectors.get_reply(bob, turn.reply.pk),
        lambda: selectors.get_deleted_conversation(alice, turn.conversation.pk),
    ):
        with pytest.raises(NotFound):
            read()
    assert list_sidebar(bob).conversations == []
    assert [conversation.is_running for conversation in list_sidebar(alice).conversations] == [True]  # type: ignore[attr-defined]
