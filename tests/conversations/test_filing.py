"""Keeping conversations in order: pinned, archived, in folders, under tags; the pages of a long list."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from chatproject.errors import BadRequest, NotFound
from conversations import services
from conversations.beginning import Beginning
from conversations.filing import MAX_TAGS_OF_ONE, MOST_AT_ONCE, Wish, arrange, delete_folder, save_folder
from conversations.history import build_prompt
from conversations.library import Place, get_folder, list_folders, list_page, list_sidebar
from conversations.models import Conversation, Folder, Message, Role, Tag
from conversations.origins import find_answer
from faq.entries import save_entry
from faq.models import Entry
from moderation.models import Incident
from moderation.services import BlockedWords
from tests.moderation.rows import add_word
from tests.support.factories import make_conversation, make_message

if TYPE_CHECKING:
    from accounts.models import User

pytestmark = pytest.mark.django_db


def make_folder(user: User, name: str = "Work", **fields: Any) -> Folder:
    return Folder.objects.create(user=user, name=name, **fields)


def titles(user: User, **place: Any) -> list[str]:
    return [one.title for one in list_page(user, Place(**place)).conversations]


def test_pinned_come_first_and_folders_and_the_archive_keep_theirs_out_of_the_list(alice: User) -> None:
    talks = {name: make_conversation(alice, name) for name in ("plain", "pinned", "filed", "put away", "both")}
    arrange(alice, [talks["pinned"].pk, talks["both"].pk], Wish("pin"))
    folder = make_folder(alice)
    arrange(alice, [talks["filed"].pk, talks["both"].pk], Wish("move", folder=folder.pk))
    arrange(alice, [talks["put away"].pk], Wish("archive"))
    assert [one.title for one in list_sidebar(alice).conversations] == ["both", "pinned", "plain"]
    assert titles(alice) == ["both", "filed", "pinned", "plain"]
    assert titles(alice, folder=folder) == ["both", "filed"]
    assert titles(alice, shelf="archived") == ["put away"]
    arrange(alice, [talks["put away"].pk], Wish("unarchive"))
    arrange(alice, [talks["both"].pk], Wish("unpin"))
    arrange(alice, [talks["both"].pk], Wish("move"))
    assert [one.title for one in list_sidebar(alice).conversations] == ["pinned", "both", "put away", "plain"]


def test_what_is_deleted_in_a_row_can_be_brought_back_in_a_row(alice: User) -> None:
    talks = [make_conversation(alice, str(number)) for number in range(3)]
    arrange(alice, [one.pk for one in talks], Wish("delete"))
    assert (titles(alice), len(titles(alice, shelf="deleted"))) == ([], 3)
    arrange(alice, [one.pk for one in talks], Wish("restore"))
    assert len(titles(alice)) == 3


@pytest.mark.parametrize("action", ["pin", "archive", "delete", "move", "tag", "untag", "restore"])
def test_one_foreign_conversation_among_many_changes_nothing(alice: User, bob: User, action: str) -> None:
    own, foreign = make_conversation(alice, "own"), make_conversation(bob, "foreign")
    Tag.objects.create(user=alice, name="word")
    before = list(Conversation.objects.order_by("pk").values())
    for ids in ([own.pk, foreign.pk], [own.pk, uuid4()]):
        with pytest.raises(NotFound):
            arrange(alice, ids, Wish(action, tag="word"))
    assert list(Conversation.objects.order_by("pk").values()) == before
    assert not own.tags.exists()


def test_foreign_folders_and_tags_are_not_there(alice: User, bob: User) -> None:
    talk, folder = make_conversation(alice), make_folder(bob)
    Tag.objects.create(user=bob, name="word")
    for wish in (Wish("move", folder=folder.pk), Wish("untag", tag="word")):
        with pytest.raises(NotFound):
            arrange(alice, [talk.pk], wish)
    with pytest.raises(NotFound):
        save_folder(Folder(user=alice, name="Inside", parent=folder))
    with pytest.raises(NotFound):
        get_folder(alice, folder.pk)


@pytest.mark.parametrize("count", [0, MOST_AT_ONCE + 1])
def test_nobody_arranges_nothing_or_without_end(alice: User, count: int) -> None:
    with pytest.raises(BadRequest):
        arrange(alice, [uuid4() for _ in range(count)], Wish("pin"))
    with pytest.raises(BadRequest):
        arrange(alice, [uuid4()], Wish("explode"))


def test_tags_are_shared_by_conversations_and_go_with_the_last(alice: User) -> None:
    one, two = make_conversation(alice, "one"), make_conversation(alice, "two")
    arrange(alice, [one.pk, two.pk], Wish("tag", tag="  Green\nTea "))
    tag = Tag.objects.get()
    assert (tag.name, titles(alice, tag=tag)) == ("Green Tea", ["two", "one"])
    arrange(alice, [one.pk], Wish("untag", tag="Green Tea"))
    assert titles(alice, tag=tag) == ["two"]
    arrange(alice, [two.pk], Wish("untag", tag="Green Tea"))
    assert not Tag.objects.exists()


@pytest.mark.parametrize("words", ["", "  ", "x" * 41])
def test_tags_are_short_words(alice: User, words: str) -> None:
    with pytest.raises(BadRequest):
        arrange(alice, [make_conversation(alice).pk], Wish("tag", tag=words))
    assert not Tag.objects.exists()


def test_a_refused_tag_stays_on_record(alice: User) -> None:
    add_word("rascal")
    with pytest.raises(BlockedWords):
        arrange(alice, [make_conversation(alice).pk], Wish("tag", tag="rascal"))
    assert (Incident.objects.get().person, Tag.objects.exists()) == (alice, False)


def test_one_conversation_has_no_tags_without_end(alice: User) -> None:
    talk = make_conversation(alice)
    for number in range(MAX_TAGS_OF_ONE):
        arrange(alice, [talk.pk], Wish("tag", tag=str(number)))
    with pytest.raises(BadRequest):
        arrange(alice, [talk.pk], Wish("tag", tag="one more"))
    assert talk.tags.count() == MAX_TAGS_OF_ONE
    assert not Tag.objects.filter(name="one more").exists()


def test_folders_lie_in_folders_and_no_deeper_and_never_in_a_circle(alice: User) -> None:
    top, inside = make_folder(alice, "Top"), make_folder(alice, "Inside")
    inside.parent = top
    save_folder(inside)
    for child, parent in ((Folder(user=alice, name="Deeper"), inside), (top, inside), (top, top)):
        child.parent = parent
        with pytest.raises(BadRequest):
            save_folder(child)
    other = make_folder(alice, "Other")
    top.parent = other
    with pytest.raises(BadRequest):
        save_folder(top)
    assert [one.name for one in list_folders(alice)] == ["Other", "Top", "Inside"]


def test_deleting_a_folder_keeps_what_lies_in_it(alice: User) -> None:
    top = make_folder(alice, "Top")
    make_folder(alice, "Inside", parent=top)
    talk = make_conversation(alice, folder=top)
    delete_folder(top)
    talk.refresh_from_db()
    assert talk.folder is None
    assert [(one.name, one.parent) for one in list_folders(alice)] == [("Inside", None)]


def test_pages_of_the_list_hold_everything_once_also_what_is_of_one_moment(alice: User) -> None:
    now = timezone.now()
    for number in range(7):
        make_conversation(alice, str(number), updated_at=now - timedelta(minutes=number // 3))
    seen, after = [], ""
    while True:
        page = list_page(alice, Place(), after=after, size=2)
        seen += [one.title for one in page.conversations]
        after = page.after
        if not after:
            break
    assert sorted(seen) == [str(number) for number in range(7)]
    assert len(seen) == 7


@pytest.mark.parametrize("key", ["nonsense", "2026-01-01~", f"2026-01-01T00:00:00~{UUID(int=7)}", f"~{UUID(int=7)}"])
def test_pages_begin_after_no_nonsense(alice: User, key: str) -> None:
    with pytest.raises(NotFound):
        list_page(alice, Place(), after=key)


# What lies in a folder gets its instructions


def test_folder_gives_its_instructions_to_the_model(alice: User) -> None:
    folder = make_folder(alice, instructions="Speak like a pirate.")
    talk = make_conversation(alice, folder=folder, instructions="Be brief.")
    make_message(talk)
    reply = make_message(talk, "", role=Role.ASSISTANT, model="demo/demo")
    said = build_prompt(reply).request.messages
    assert (said[0].role, said[0].content) == ("system", "Speak like a pirate.\n\nBe brief.")


def test_conversation_begins_in_a_folder_and_nobody_elses(alice: User, bob: User) -> None:
    folder = make_folder(alice)

    def send(user: User) -> Conversation:
        return services.send_message(
            user,
            client_id=uuid4().hex,
            conversation_id=None,
            parent_id=None,
            text="Hello",
            model="demo/demo",
            beginning=Beginning(folder=folder.pk),
        ).conversation

    assert send(alice).folder == folder
    with pytest.raises(NotFound):
        send(bob)
    assert not Conversation.objects.filter(user=bob).exists()


def test_instructions_of_a_folder_keep_common_answers_away(alice: User) -> None:
    save_entry(Entry(question="What is it?", answer="This."))

    def found(folder: Folder) -> object:
        question = Message(conversation=Conversation(user=alice, folder=folder), role=Role.USER, content="What is it?")
        return find_answer(question, Message(conversation=question.conversation, parent=question, model="demo/demo"))

    assert found(make_folder(alice)) is not None
    assert found(make_folder(alice, instructions="Speak like a pirate.")) is None
