"""The tree of messages: which branch is on show, what each fork remembers, copies of branches, messages taken away."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.utils import timezone

from chatproject.errors import Conflict, NotFound
from conversations import branching, services
from conversations.arranging import UNDO_PERIOD, remove_deleted_messages
from conversations.branching import delete_message, fork_conversation, restore_message, show_branch
from conversations.models import Conversation, Message, Role, Status
from conversations.selectors import get_message, list_branch, own_messages
from tests.support.factories import make_conversation, make_message

if TYPE_CHECKING:
    from accounts.models import User

pytestmark = pytest.mark.django_db


class Talk:
    """A conversation whose messages are known by their words: ``talk.say("b", after="a")``."""

    def __init__(self, user: User) -> None:
        self.user = user
        self.conversation = make_conversation(user)
        self.known: dict[str, Message] = {}

    def say(self, *path: str, after: str | None = None, **fields: Any) -> None:
        """Add messages one under the other; questions and answers take turns."""
        for words in path:
            parent = self.known[after] if after else None
            role = Role.ASSISTANT if parent and parent.role == Role.USER else Role.USER
            self.known[words] = make_message(self.conversation, words, **{"parent": parent, "role": role, **fields})
            after = words

    def show(self, words: str) -> None:
        show_branch(self.user, self.known[words].pk)

    def shown(self, conversation: Conversation | None = None) -> list[str]:
        found = Conversation.objects.get(pk=(conversation or self.conversation).pk)
        return [shown.text for shown in list_branch(found)]

    def siblings(self) -> dict[str, list[str]]:
        words = {message.pk: name for name, message in self.known.items()}
        shown = list_branch(Conversation.objects.get(pk=self.conversation.pk))
        return {one.text: [words[pk] for pk in one.siblings] for one in shown if one.siblings}


@pytest.fixture
def talk(alice: User) -> Talk:
    talk = Talk(alice)
    talk.say("q", "a1", "q2", "b1")
    talk.say("b2", "q3", "c1", after="q2")
    talk.say("a2", after="q")
    return talk


def test_branch_names_the_siblings_of_its_messages_in_their_order(talk: Talk) -> None:
    assert (talk.shown(), talk.siblings()) == (["q", "a2"], {"a2": ["a1", "a2"]})
    talk.show("b2")
    assert talk.siblings() == {"a1": ["a1", "a2"], "b2": ["b1", "b2"]}


def test_first_questions_are_siblings_too_and_only_of_their_conversation(talk: Talk, alice: User) -> None:
    make_message(make_conversation(alice), "elsewhere")
    talk.say("other")
    assert talk.siblings() == {"other": ["q", "other"]}


def test_walking_back_finds_what_each_fork_showed_last(talk: Talk) -> None:
    talk.show("a1")
    assert talk.shown() == ["q", "a1", "q2", "b2", "q3", "c1"]  # made last
    talk.show("b1")
    talk.show("a2")
    talk.show("a1")
    assert talk.shown() == ["q", "a1", "q2", "b1"]  # chosen last


def test_what_is_made_after_a_choice_is_shown_instead(talk: Talk) -> None:
    talk.show("b1")
    talk.say("b3", after="q2")
    talk.show("a2")
    talk.show("a1")
    assert talk.shown()[-1] == "b3"


def test_walking_to_a_message_deep_in_another_branch_is_remembered_on_the_whole_way(talk: Talk) -> None:
    talk.show("b1")
    talk.show("a2")
    talk.show("q3")
    assert talk.shown() == ["q", "a1", "q2", "b2", "q3", "c1"]
    talk.show("a2")
    talk.show("a1")
    assert talk.shown()[3] == "b2"


def test_next_question_follows_the_branch_that_was_walked_to(talk: Talk, alice: User) -> None:
    talk.show("b1")
    turn = services.send_message(
        alice,
        client_id=uuid4().hex,
        conversation_id=talk.conversation.pk,
        parent_id=None,
        text="next",
        model="demo/demo",
    )
    assert turn.question.parent_id == talk.known["b1"].pk


def test_strangers_walk_fork_delete_and_restore_nothing(talk: Talk, bob: User) -> None:
    delete_message(talk.user, talk.known["a2"].pk)
    before = list(Message.objects.order_by("pk").values())
    for act in (show_branch, fork_conversation, delete_message, restore_message):
        for words in ("a1", "a2"):
            with pytest.raises(NotFound):
                act(bob, talk.known[words].pk)
    assert list(Message.objects.order_by("pk").values()) == before
    assert Conversation.objects.count() == 1


# Forks


def test_fork_has_the_branch_up_to_the_message_and_lives_by_itself(talk: Talk) -> None:
    talk.known["b1"].html = "<p>b1</p>"
    talk.known["b1"].save()
    fork = fork_conversation(talk.user, talk.known["b1"].pk)
    assert talk.shown(fork) == ["q", "a1", "q2", "b1"]
    assert fork.messages.count() == 4
    assert fork.leaf is not None
    assert (fork.leaf.html, fork.leaf.created_at) == ("<p>b1</p>", talk.known["b1"].created_at)
    assert (fork.title, fork.user) == (talk.conversation.title, talk.user)
    assert talk.shown() == ["q", "a2"]
    Message.objects.filter(conversation=talk.conversation).update(content="changed")
    assert talk.shown(fork)[0] == "q"


def test_fork_takes_no_commands_along_so_that_they_can_be_repeated_there(talk: Talk) -> None:
    Message.objects.filter(pk=talk.known["q"].pk).update(client_id="c1", continued_by="c2", rating=1)
    fork = fork_conversation(talk.user, talk.known["q"].pk)
    assert fork.messages.values_list("client_id", "continued_by", "rating").get() == (None, None, None)


def test_fork_of_a_temporary_conversation_is_temporary_too(talk: Talk) -> None:
    Conversation.objects.update(is_temporary=True)
    assert fork_conversation(talk.user, talk.known["a1"].pk).is_temporary
    assert not own_messages(talk.user).exists()


def test_fork_of_an_answer_that_is_being_written_waits(talk: Talk) -> None:
    Message.objects.filter(pk=talk.known["a2"].pk).update(status=Status.STREAMING)
    with pytest.raises(Conflict):
        fork_conversation(talk.user, talk.known["a2"].pk)
    assert Conversation.objects.count() == 1


def test_branch_that_is_too_long_is_not_forked_without_its_beginning(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(branching, "FORK_LIMIT", 2)
    fork_conversation(talk.user, talk.known["a1"].pk)
    with pytest.raises(Conflict):
        fork_conversation(talk.user, talk.known["q2"].pk)
    assert Conversation.objects.count() == 2


# Deleting


def test_delete_takes_all_that_hangs_on_a_message_in_every_branch(talk: Talk) -> None:
    talk.show("b1")
    delete_message(talk.user, talk.known["q2"].pk)
    assert talk.shown() == ["q", "a1"]
    for words in ("q2", "b1", "b2", "c1"):
        with pytest.raises(NotFound):
            get_message(talk.user, talk.known[words].pk)


def test_delete_shows_the_sibling_that_was_shown_before(talk: Talk) -> None:
    talk.show("b2")
    delete_message(talk.user, talk.known["b2"].pk)
    assert (talk.shown(), talk.siblings()) == (["q", "a1", "q2", "b1"], {"a1": ["a1", "a2"]})


def test_delete_in_a_branch_that_is_not_on_show_changes_nothing_there(talk: Talk) -> None:
    delete_message(talk.user, talk.known["a1"].pk)
    assert (talk.shown(), talk.siblings()) == (["q", "a2"], {})


def test_delete_of_the_only_first_question_leaves_an_empty_talk(talk: Talk, alice: User) -> None:
    delete_message(talk.user, talk.known["q"].pk)
    assert talk.shown() == []
    services.send_message(
        alice,
        client_id=uuid4().hex,
        conversation_id=talk.conversation.pk,
        parent_id=None,
        text="anew",
        model="demo/demo",
    )
    assert talk.shown()[0] == "anew"


def test_nothing_hangs_itself_on_a_deleted_message(talk: Talk, alice: User) -> None:
    delete_message(talk.user, talk.known["b1"].pk)
    with pytest.raises(NotFound):
        services.send_message(
            alice,
            client_id=uuid4().hex,
            conversation_id=talk.conversation.pk,
            parent_id=talk.known["b1"].pk,
            text="next",
            model="demo/demo",
        )


def test_question_that_was_deleted_while_its_change_was_looked_at_gets_no_sibling(talk: Talk, alice: User) -> None:
    edited = services.prepare_edit(
        alice, client_id=uuid4().hex, message_id=talk.known["q2"].pk, text="anew", model="demo/demo"
    )
    delete_message(talk.user, talk.known["q"].pk)
    with pytest.raises(NotFound):
        edited.store()
    assert not Message.objects.filter(content="anew").exists()


def test_delete_asks_a_running_answer_to_stop(talk: Talk) -> None:
    Message.objects.filter(pk=talk.known["c1"].pk).update(status=Status.STREAMING)
    delete_message(talk.user, talk.known["q2"].pk)
    talk.known["c1"].refresh_from_db()
    assert talk.known["c1"].stop_requested_at


def test_restore_brings_back_what_went_along_and_nothing_else(talk: Talk) -> None:
    talk.show("b2")
    delete_message(talk.user, talk.known["b1"].pk)
    delete_message(talk.user, talk.known["q2"].pk)
    restore_message(talk.user, talk.known["q2"].pk)
    assert (talk.shown(), talk.siblings()) == (["q", "a1", "q2", "b2", "q3", "c1"], {"a1": ["a1", "a2"]})
    restore_message(talk.user, talk.known["b1"].pk)
    assert talk.shown() == ["q", "a1", "q2", "b1"]


def test_restore_below_a_deleted_message_is_refused(talk: Talk) -> None:
    delete_message(talk.user, talk.known["b1"].pk)
    delete_message(talk.user, talk.known["q2"].pk)
    with pytest.raises(Conflict):
        restore_message(talk.user, talk.known["b1"].pk)


def test_restore_of_what_was_never_deleted_finds_nothing(talk: Talk) -> None:
    with pytest.raises(NotFound):
        restore_message(talk.user, talk.known["b1"].pk)


def test_deleted_messages_are_removed_when_they_can_no_longer_be_restored(talk: Talk) -> None:
    delete_message(talk.user, talk.known["q2"].pk)
    assert remove_deleted_messages() == 0
    Message.objects.exclude(deleted_at=None).update(deleted_at=timezone.now() - UNDO_PERIOD - timedelta(seconds=1))
    assert remove_deleted_messages() == 5
    assert set(Message.objects.values_list("content", flat=True)) == {"q", "a1", "a2"}
    assert talk.shown() == ["q", "a2"]


def test_long_branches_are_walked_copied_and_removed_without_trouble(alice: User) -> None:
    conversation = make_conversation(alice)
    rows = [
        Message(conversation=conversation, role=Role.USER, content="x", created_at=timezone.now()) for _ in range(3000)
    ]
    for above, below in pairwise(rows):
        below.parent = above
    Message.objects.bulk_create(rows, batch_size=500)
    show_branch(alice, rows[0].pk)
    conversation.refresh_from_db()
    assert conversation.leaf_id == rows[-1].pk
    assert fork_conversation(alice, rows[-1].pk).messages.count() == 3000
    delete_message(alice, rows[1].pk)
    Message.objects.exclude(deleted_at=None).update(deleted_at=timezone.now() - 2 * UNDO_PERIOD)
    assert remove_deleted_messages() == 2999
