"""Changing some of a conversation or a folder: all of it or nothing, and not over what nobody has seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from chatproject.errors import BadRequest, Conflict, NotFound
from conversations.changing import Changes, FolderChanges, change_conversation, change_folder
from conversations.models import Folder, Tag, TitleSource
from conversations.presets import MAX_INSTRUCTIONS
from moderation.models import Incident
from moderation.services import BlockedWords
from tests.moderation.rows import add_word
from tests.support.factories import make_conversation

if TYPE_CHECKING:
    from accounts.models import User
    from conversations.models import Conversation

pytestmark = pytest.mark.django_db
MODEL = "demo/demo"


def state(talk: Conversation) -> dict[str, Any]:
    talk.refresh_from_db()
    names = ("title", "model", "instructions", "pinned_at", "archived_at", "folder_id")
    return {**{name: getattr(talk, name) for name in names}, "tags": sorted(talk.tags.values_list("name", flat=True))}


def test_change_touches_only_what_is_named(alice: User) -> None:
    folder = Folder.objects.create(user=alice, name="Work")
    talk = make_conversation(alice, "Before", folder=folder, instructions="Be brief.")
    change_conversation(alice, talk.pk, Changes(title="After", is_pinned=True, tags=("one", "two", "one")))
    found = state(talk)
    assert found["pinned_at"] is not None
    assert found | {"pinned_at": None} == {
        "title": "After",
        "model": "",
        "instructions": "Be brief.",
        "pinned_at": None,
        "archived_at": None,
        "folder_id": folder.pk,
        "tags": ["one", "two"],
    }
    assert talk.title_source == TitleSource.PERSON


def test_folder_none_takes_a_conversation_out(alice: User) -> None:
    talk = make_conversation(alice, folder=Folder.objects.create(user=alice, name="Work"))
    change_conversation(alice, talk.pk, Changes(folder=None, model=MODEL, instructions=""))
    assert (state(talk)["folder_id"], talk.model) == (None, MODEL)


def test_pinned_again_keeps_its_moment(alice: User) -> None:
    talk = make_conversation(alice)
    change_conversation(alice, talk.pk, Changes(is_pinned=True))
    first = state(talk)["pinned_at"]
    change_conversation(alice, talk.pk, Changes(is_pinned=True))
    assert state(talk)["pinned_at"] == first
    change_conversation(alice, talk.pk, Changes(is_pinned=False))
    assert state(talk)["pinned_at"] is None


def test_tags_that_nothing_has_any_more_go(alice: User) -> None:
    talk, other = make_conversation(alice), make_conversation(alice)
    change_conversation(alice, talk.pk, Changes(tags=("kept", "gone")))
    change_conversation(alice, other.pk, Changes(tags=("kept",)))
    change_conversation(alice, talk.pk, Changes(tags=()))
    assert list(Tag.objects.values_list("name", flat=True)) == ["kept"]


@pytest.mark.parametrize(
    "changes",
    [
        Changes(title="\u200b "),
        Changes(title="New", model="nobody/nothing"),
        Changes(title="New", instructions="x" * (MAX_INSTRUCTIONS + 1)),
        Changes(title="New", tags=("x" * 41,)),
        Changes(title="New", tags=tuple(map(str, range(21)))),
    ],
)
def test_one_wrong_change_changes_nothing(alice: User, changes: Changes) -> None:
    talk = make_conversation(alice, "Before")
    with pytest.raises(BadRequest):
        change_conversation(alice, talk.pk, changes)
    assert (state(talk)["title"], Tag.objects.count()) == ("Before", 0)


def test_words_that_are_not_used_here_change_nothing_and_stay_on_record(alice: User) -> None:
    add_word("rascal")
    talk = make_conversation(alice, "Before")
    with pytest.raises(BlockedWords):
        change_conversation(alice, talk.pk, Changes(is_pinned=True, title="You rascal"))
    assert (state(talk)["title"], state(talk)["pinned_at"], Incident.objects.count()) == ("Before", None, 1)


def test_strangers_conversations_and_folders_are_not_there(alice: User, bob: User) -> None:
    hers, his = make_conversation(alice, "Hers"), make_conversation(bob, "His")
    folder = Folder.objects.create(user=bob, name="His")
    for talk, changes in ((his, Changes(title="Mine")), (hers, Changes(title="New", folder=folder.pk))):
        with pytest.raises(NotFound):
            change_conversation(alice, talk.pk, changes)
    with pytest.raises(NotFound):
        change_folder(alice, folder.pk, FolderChanges(name="Mine"))
    with pytest.raises(NotFound):
        change_folder(alice, None, FolderChanges(name="Mine", parent=folder.pk))
    assert (state(hers)["title"], state(his)["title"]) == ("Hers", "His")
    assert list(Folder.objects.values_list("name", flat=True)) == ["His"]


def test_check_that_raises_leaves_everything(alice: User) -> None:
    talk, folder = make_conversation(alice, "Before"), Folder.objects.create(user=alice, name="Before")

    def refuse(_: object) -> None:
        raise Conflict("Somebody was quicker.")

    with pytest.raises(Conflict):
        change_conversation(alice, talk.pk, Changes(title="After"), check=refuse)
    with pytest.raises(Conflict):
        change_folder(alice, folder.pk, FolderChanges(name="After"), check=refuse)
    folder.refresh_from_db()
    assert (state(talk)["title"], folder.name) == ("Before", "Before")


def test_folder_is_made_and_changed(alice: User) -> None:
    parent = change_folder(alice, None, FolderChanges(name=" Work\n"))
    folder = change_folder(
        alice, None, FolderChanges(name="Letters", parent=parent.pk, model=MODEL, instructions="Hi.")
    )
    changed = change_folder(alice, folder.pk, FolderChanges(model="", parent=None))
    changed.refresh_from_db()
    assert (parent.name, changed.name, changed.model, changed.instructions, changed.parent_id) == (
        "Work",
        "Letters",
        "",
        "Hi.",
        None,
    )


def test_folder_lies_no_deeper_than_one(alice: User) -> None:
    parent = change_folder(alice, None, FolderChanges(name="Work"))
    folder = change_folder(alice, None, FolderChanges(name="Letters", parent=parent.pk))
    for wrong in (FolderChanges(name="Deep", parent=folder.pk), FolderChanges(name=" "), FolderChanges(model="")):
        with pytest.raises(BadRequest):
            change_folder(alice, None, wrong)
    with pytest.raises(BadRequest):
        change_folder(alice, parent.pk, FolderChanges(parent=parent.pk))
