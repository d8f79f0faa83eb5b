"""Commands that come again: what counts as the same words, and that nothing is asked a second time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chatproject.errors import Conflict
from conversations import arranging, services
from conversations.models import Message, Role, Status
from conversations.repetition import require_same_words
from moderation.models import Action, Incident
from moderation.words import word_list
from tests.moderation.rows import add_word

if TYPE_CHECKING:
    from collections.abc import Iterator

    from accounts.models import User
    from conversations.questions import Turn

SAME = [
    ("Hello", "Hello"),
    ("It is ••••", "It is soso"),
    ("•••• it is", "soso it is"),
    ("••••", "soso"),
    ("a •••• b •••• c", "a soso b so-so c"),
    ("• one\n• two", "• one\n• two"),
    ("••••", "s\u200bo\u200bs\u200bo"),
]
OTHER = [
    ("Hello", "Hello, you"),
    ("Hello", "hello"),
    ("It is ••••", "It is "),
    ("It is ••••", "It was soso"),
    ("a •••• a", "a a"),
    ("a •••• b •••• c", "a soso c soso b"),
    ("ab ••• ba", "ab a"),
]


@pytest.mark.parametrize(("stored", "text"), SAME)
def test_what_was_masked_is_still_the_same_message(stored: str, text: str) -> None:
    require_same_words(Message(role=Role.USER, content=stored), text)


@pytest.mark.parametrize(("stored", "text"), OTHER)
def test_other_words_are_another_message(stored: str, text: str) -> None:
    with pytest.raises(Conflict, match="other words"):
        require_same_words(Message(role=Role.USER, content=stored), text)


def test_id_of_an_answer_is_no_message() -> None:
    with pytest.raises(Conflict):
        require_same_words(Message(role=Role.ASSISTANT, content="Hello"), "Hello")


@pytest.fixture
def _own_list() -> Iterator[None]:
    word_list.forget()
    yield
    word_list.forget()


@pytest.mark.django_db
@pytest.mark.usefixtures("_own_list")
def test_message_that_is_stored_stays_so_whatever_the_list_says_now(alice: User) -> None:
    word = add_word("soso", Action.MASK)

    def send() -> Turn:
        return services.send_message(
            alice, client_id="one", conversation_id=None, parent_id=None, text="It is soso", model="demo/demo"
        )

    first = send()
    assert first.question.content == "It is ••••"
    for action in (Action.BLOCK, Action.FLAG):
        word.action = action
        word.save()
        word_list.forget()
        again = send()
        assert (again.is_new, again.question.content) == (False, "It is ••••")
    Message.objects.filter(pk=first.reply.pk).update(status=Status.COMPLETE)
    edit = services.edit_message(
        alice, client_id="two", message_id=first.question.pk, text="Still soso", model="demo/demo"
    )
    word.action = Action.BLOCK
    word.save()
    word_list.forget()
    again = services.edit_message(
        alice, client_id="two", message_id=first.question.pk, text="Still soso", model="demo/none"
    )
    assert (again.is_new, again.question) == (False, edit.question)
    assert Incident.objects.count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize("status", [Status.STREAMING, Status.COMPLETE])
def test_message_that_began_a_conversation_is_a_repetition_after_that_was_deleted(alice: User, status: Status) -> None:
    def send() -> Turn:
        return services.send_message(
            alice, client_id="one", conversation_id=None, parent_id=None, text="Hello", model="demo/demo"
        )

    first = send()
    Message.objects.filter(pk=first.reply.pk).update(status=status)
    arranging.delete_conversation(first.conversation)
    again = send()
    assert (again.is_new, again.question, again.reply) == (False, first.question, first.reply)
