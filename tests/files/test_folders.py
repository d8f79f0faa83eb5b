"""Documents of folders: in front of every conversation there, and gone when nothing carries them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from chatproject.errors import BadRequest, NotFound
from conversations.attachments import keeper
from conversations.filing import delete_folder
from conversations.history import build_prompt
from conversations.models import Folder, Message, Role
from files import folders, storing
from files.folders import add_to_folder, remove_from_folder
from files.models import FolderFile, Upload
from files.selectors import get_upload, list_uploads
from files.sweeping import remove_unneeded
from tests.files.samples import picture
from tests.support.factories import make_conversation, make_message

if TYPE_CHECKING:
    from django.test import Client

    from accounts.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def work(alice: User) -> Folder:
    return Folder.objects.create(user=alice, name="Work", instructions="Be brief.")


def note(text: str = "The river is called Isar.", name: str = "notes.md") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, text.encode(), "text/markdown")


def told(user: User, folder: Folder | None) -> str:
    """Give what a model reads before a conversation in a folder."""
    question = make_message(make_conversation(user, folder=folder), "What is it called?")
    reply = Message.objects.create(
        conversation=question.conversation,
        parent=question,
        role=Role.ASSISTANT,
        model="demo/demo",
        created_at=question.created_at,
    )
    first = build_prompt(reply).request.messages[0]
    return first.content if first.role == "system" else ""


def test_document_of_a_folder_goes_before_every_conversation_in_it(alice: User, work: Folder) -> None:
    add_to_folder(alice, work.pk, note())
    assert "Be brief." in told(alice, work)
    assert '<document name="notes.md">\nThe river is called Isar.' in told(alice, work)
    assert "Isar" not in told(alice, None)
    assert "Isar" not in told(alice, Folder.objects.create(user=alice, name="Other"))


def test_documents_of_a_folder_leave_room_for_the_talk(alice: User, work: Folder) -> None:
    for number in range(3):
        add_to_folder(alice, work.pk, note(f"Line {number}. " * 20_000, f"{number}.txt"))
    said = told(alice, work)
    assert all(f"Line {number}." in said for number in range(3))
    assert said.count("The rest did not fit") == 3
    assert len(said) < 60_000


def test_picture_in_a_folder_is_refused_and_leaves_nothing(alice: User, work: Folder) -> None:
    with pytest.raises(BadRequest, match="no pictures"):
        add_to_folder(alice, work.pk, SimpleUploadedFile("sea.png", picture(), "image/png"))
    assert (Upload.objects.count(), FolderFile.objects.count()) == (0, 0)


def test_folder_carries_so_many_files_at_most(alice: User, work: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "MOST_OF_FOLDER", 1)
    add_to_folder(alice, work.pk, note())
    with pytest.raises(BadRequest, match="at most 1"):
        add_to_folder(alice, work.pk, note(name="more.md"))
    assert Upload.objects.count() == 1


def test_folder_of_somebody_else_is_not_there(alice: User, bob: User, work: Folder) -> None:
    upload = add_to_folder(alice, work.pk, note())
    with pytest.raises(NotFound):
        add_to_folder(bob, work.pk, note())
    for folder, file in ((work.pk, upload.pk), (uuid4(), upload.pk)):
        with pytest.raises(NotFound):
            remove_from_folder(bob, folder, file)
    with pytest.raises(NotFound):
        get_upload(bob, upload.pk)
    assert get_upload(alice, upload.pk) == upload
    assert [one.folder_id for one in list_uploads(alice)] == [work.pk]  # type: ignore[attr-defined]  # annotated


def test_file_stays_while_a_folder_carries_it_and_goes_with_it(alice: User, work: Folder) -> None:
    upload = add_to_folder(alice, work.pk, note())
    path = storing.path_of(upload)
    assert remove_unneeded() == 0
    assert path.exists()
    delete_folder(work)
    with pytest.raises(NotFound):
        get_upload(alice, upload.pk)
    assert remove_unneeded() == 1
    assert not path.exists()


def test_page_of_a_folder_adds_and_takes_away_without_scripts(client: Client, alice: User, work: Folder) -> None:
    client.force_login(alice)
    address = f"/library/folders/{work.pk}/"
    answer = client.post(f"/files/folders/{work.pk}/", {"file": note()})
    assert answer["Location"] == f"{address}#files"
    assert "notes.md" in client.get(address).content.decode()
    client.post(f"/files/folders/{work.pk}/", {"file": SimpleUploadedFile("sea.png", picture(), "image/png")})
    assert "A folder carries documents, no pictures." in client.get(address).content.decode()
    upload = Upload.objects.get()
    client.post(f"/files/folders/{work.pk}/{upload.pk}/")
    assert "notes.md</a>" not in client.get(address).content.decode()
    assert not Upload.objects.exists()
    assert keeper().describe_folder(work.pk) == ()
