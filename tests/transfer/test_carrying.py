"""Files of messages in exports and imports: out, wiped and in again they are the same; what is hostile is left out."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson
import pytest
from asgiref.sync import async_to_sync
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from conversations.models import Conversation, Folder, Message, Role
from files import storing
from files.folders import MOST_OF_FOLDER, fill_folder
from files.models import Attachment, FolderFile, Upload
from files.services import carry, take_file
from moderation.models import Action, Direction
from tests.files import samples
from tests.moderation.rows import add_word
from tests.support.factories import make_conversation, make_message
from transfer import exports, imports, places, runner
from transfer.archive import describe, digest
from transfer.carrying import member_name
from transfer.models import Export, Format, Import, State

if TYPE_CHECKING:
    from pathlib import Path

    from django.test import Client
    from pytest_django.fixtures import Settings

    from accounts.models import User

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = str(tmp_path)
    return tmp_path


def upload(user: User, name: str, data: bytes) -> Upload:
    return take_file(user, SimpleUploadedFile(name, data))


@pytest.fixture
def talk(alice: User) -> Conversation:
    """Make a conversation with two branches, which carry a photograph, a drawing and a document between them."""
    conversation = make_conversation(alice, "Holiday", model="demo/demo")
    photograph = upload(alice, "Strand 海.jpeg", samples.photograph())
    drawing = upload(alice, "plan.webp", samples.picture("WEBP"))
    notes = upload(alice, "conversations.json", b'[{"format": "chat/1"}]')
    first = make_message(conversation, "")
    make_message(conversation, "Nice.", role=Role.ASSISTANT, tokens=7, cost=12, rating=-1, created_at=timezone.now())
    second = make_message(conversation, "What is on it?", parent=None)
    make_message(conversation, "A beach.", role=Role.ASSISTANT, rating=1, prompt_tokens=9)
    carry(alice, {first.pk: [photograph.pk, notes.pk], second.pk: [photograph.pk, drawing.pk]})
    return conversation


def work() -> None:
    while async_to_sync(runner.work_once)():
        pass


def take(user: User, content: bytes) -> Import:
    job = imports.bring_file(user, name="conversations.zip", pieces=[content])
    work()
    job.refresh_from_db()
    assert job.state == State.READY, job.failure
    imports.confirm_import(job)
    work()
    job.refresh_from_db()
    assert job.state == State.DONE, job.failure
    return job


def content_of(answer: Any) -> bytes:
    async def read() -> bytes:
        return b"".join([piece async for piece in answer.streaming_content])

    return async_to_sync(read)()


def export_all(client: Client, user: User) -> bytes:
    export = exports.start_export(user, Format.JSON)
    work()
    client.force_login(user)
    answer = client.get(reverse("transfer:download", args=[export.pk]))
    assert answer["Content-Disposition"].endswith('.zip"')
    assert "sandbox" in answer["Content-Security-Policy"]
    return content_of(answer)


def described(user: User) -> list[Any]:
    return [orjson.loads(orjson.dumps(describe(one))) for one in Conversation.objects.filter(user=user)]


def wipe() -> None:
    Conversation.objects.update(leaf=None)
    Conversation.objects.all().delete()
    for row in Upload.objects.all():
        storing.remove(row)
    Upload.objects.all().delete()


def packed(**changes: Any) -> bytes:
    """Make an archive of one question that carries one file, changed as asked."""
    name, data = changes.pop("member", "files/a/notes.txt"), changes.pop("data", b"Some notes.")
    file = {"id": "0190a000-0000-7000-8000-000000000001", "name": "notes.txt", "file": name, **changes}
    message = {"id": "0190a000-0000-7000-8000-000000000002", "role": "user", "content": "See", "attachments": [file]}
    talk = {"format": "chat/1", "id": "0190a000-0000-7000-8000-000000000003", "title": "T", "messages": [message]}
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("conversations.json", orjson.dumps([talk]))
        archive.writestr("files/a/notes.txt", data)
    return written.getvalue()


def test_export_wipe_and_import_give_the_same_hash_and_the_same_bytes(
    client: Client, alice: User, talk: Conversation
) -> None:
    before = described(alice)
    files = {row.pk: storing.path_of(row).read_bytes() for row in Upload.objects.all()}
    content = export_all(client, alice)
    wipe()
    job = take(alice, content)
    assert (job.added, job.files, job.files_left_out, job.faults) == (1, 4, 0, [])
    assert digest(described(alice)) == digest(before)
    assert {row.pk: storing.path_of(row).read_bytes() for row in Upload.objects.all()} == files
    assert Upload.objects.filter(used_at=None).count() == 0
    assert all(storing.path_of(row, ".small").exists() for row in Upload.objects.filter(kind="picture"))
    again = take(alice, content)
    assert (again.added, again.known, Upload.objects.count(), Attachment.objects.count()) == (0, 1, 3, 4)


def test_changed_byte_of_a_file_changes_the_hash(alice: User, talk: Conversation) -> None:
    before = digest(described(alice))
    storing.path_of(Upload.objects.get(name="conversations.json")).write_bytes(b"other")
    assert digest(described(alice)) != before


def test_archive_has_names_that_people_know_and_files_once(client: Client, alice: User, talk: Conversation) -> None:
    with zipfile.ZipFile(io.BytesIO(export_all(client, alice))) as archive:
        names = [name.rpartition("/")[2] for name in archive.namelist()]
        assert names == ["conversations.json", "Strand 海.jpeg", "plan.png", "conversations.json"]
        (told,) = orjson.loads(archive.read("conversations.json"))
        for file in (one for message in told["messages"] for one in message["attachments"]):
            assert hashlib.sha256(archive.read(file["file"])).hexdigest() == file["sha256"]
        assert archive.testzip() is None


def test_one_conversation_is_an_archive_of_its_own_files(client: Client, alice: User, talk: Conversation) -> None:
    other = make_message(make_conversation(alice, "Other"), "See")
    carry(alice, {other.pk: [upload(alice, "else.txt", b"else").pk]})
    client.force_login(alice)
    answer = client.get(reverse("transfer:document", args=[talk.pk, "json"]))
    assert answer["Content-Disposition"] == 'attachment; filename="Holiday.zip"'
    content = content_of(answer)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert len(archive.namelist()) == 4
    before = describe(talk)
    wipe()
    assert take(alice, content).added == 1
    assert digest(described(alice)) == digest([orjson.loads(orjson.dumps(before))])


def test_file_that_was_deleted_since_is_not_in_the_archive(client: Client, alice: User, talk: Conversation) -> None:
    export = exports.start_export(alice, Format.JSON)
    work()
    gone = Upload.objects.get(name="plan.webp")
    storing.remove(gone)
    client.force_login(alice)
    content = content_of(client.get(reverse("transfer:download", args=[export.pk])))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert member_name(gone) not in archive.namelist()
    wipe()
    job = take(alice, content)
    assert (job.added, job.files_left_out) == (1, 1)
    assert job.faults == ["Conversation 1: plan.webp: It is not in what was brought."]
    assert Attachment.objects.count() == 3


def test_file_that_came_after_an_export_does_not_go_along(client: Client, alice: User, talk: Conversation) -> None:
    export = exports.start_export(alice, Format.JSON)
    work()
    late = make_message(talk, "Later")
    carry(alice, {late.pk: [upload(alice, "late.txt", b"late").pk]})
    export.refresh_from_db()
    assert {row.name for row in exports.list_packed(export)} == {"Strand 海.jpeg", "plan.webp", "conversations.json"}
    assert export.files_size == sum(row.size for row in exports.list_packed(export))


def test_documents_take_no_files_along(client: Client, alice: User, talk: Conversation) -> None:
    export = exports.start_export(alice, Format.MARKDOWN)
    work()
    export.refresh_from_db()
    assert (export.files_size, exports.list_packed(export)) == (0, [])


def test_files_of_somebody_else_become_ones_own(client: Client, alice: User, bob: User, talk: Conversation) -> None:
    content = export_all(client, alice)
    assert take(bob, content).files_left_out == 0
    theirs = Upload.objects.filter(user=bob)
    assert theirs.count() == 3
    assert (
        set(theirs.values_list("pk", flat=True)) & set(Upload.objects.filter(user=alice).values_list("pk", flat=True))
        == set()
    )
    assert not Attachment.objects.exclude(message__conversation__user=alice).exclude(upload__user=bob).exists()


def test_id_of_anothers_file_gives_nothing_of_it(alice: User, bob: User, talk: Conversation) -> None:
    secret = Upload.objects.get(name="conversations.json")
    job = take(bob, packed(id=str(secret.pk), file=member_name(secret)))
    assert (job.added, job.files_left_out) == (1, 1)
    assert not Attachment.objects.filter(message__conversation__user=bob).exists()


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"member": "../../etc/passwd"}, "not in what was brought"),
        ({"member": "/etc/passwd"}, "not in what was brought"),
        ({"member": None}, "not in what was brought"),
        ({"data": b""}, "empty"),
        ({"data": b"\x89PNG\r\n\x1a\n not text"}, "not what its name says"),
        ({"data": b"x" * (20 * 1024 * 1024 + 1)}, "larger than 20 MB"),
        ({"data": b"The forbidden word"}, "words that are not used here"),
        ({"name": "forbidden.txt"}, "words that are not used here"),
    ],
)
def test_file_that_may_not_be_here_is_left_out_and_the_words_come(
    alice: User, media: Path, changes: dict[str, Any], why: str
) -> None:
    add_word("forbidden", action=Action.BLOCK, direction=Direction.BOTH)
    job = take(alice, packed(**changes))
    assert (job.added, job.files_left_out) == (1, 1)
    assert why in job.faults[0]
    assert Message.objects.get().content == "See"
    assert not Upload.objects.exists()
    assert [path for path in (media / "files").rglob("*") if path.is_file()] == []


def test_file_cannot_be_named_after_another_kind(alice: User) -> None:
    svg = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"
    take(alice, packed(data=svg, name="picture.png"))
    kept = Upload.objects.get()
    assert (kept.name, kept.media_type) == ("picture.png.txt", "text/plain; charset=utf-8")


def test_quota_holds_for_what_is_brought(settings: Settings, alice: User) -> None:
    settings.FILES_PER_PERSON = 0
    job = take(alice, packed())
    assert (job.added, job.files_left_out, Upload.objects.count()) == (1, 1, 0)
    assert "no room for more" in job.faults[0]


def test_damaged_file_is_left_out(alice: User) -> None:
    content = bytearray(packed(data=b"Some notes. " * 50))
    at = content.index(b"files/a/notes.txt") + len("files/a/notes.txt")
    content[at : at + 12] = b"x" * 12
    job = take(alice, bytes(content))
    assert (job.added, job.files_left_out) == (1, 1)
    assert "damaged" in job.faults[0]


def test_ids_of_the_future_and_of_others_are_not_taken_over(alice: User) -> None:
    future = int((timezone.now() + timedelta(days=9)).timestamp() * 1000)
    wanted = UUID(int=future << 80 | 7 << 76 | 2 << 62 | 5)
    assert take(alice, packed(id=str(wanted))).files_left_out == 0
    assert Upload.objects.get().pk != wanted


def test_question_takes_no_more_files_than_one_may(alice: User) -> None:
    file = {"id": "0190a000-0000-7000-8000-000000000001", "name": "a.txt", "file": "files/a/notes.txt"}
    with zipfile.ZipFile(io.BytesIO(packed())) as archive:
        (talk,) = orjson.loads(archive.read("conversations.json"))
    talk["messages"][0]["attachments"] = [
        {**file, "id": f"0190a000-0000-7000-8000-0000000001{number:02}"} for number in range(30)
    ]
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr("conversations.json", orjson.dumps([talk]))
        archive.writestr("files/a/notes.txt", "Some notes.")
    take(alice, written.getvalue())
    assert Attachment.objects.count() == 10


def test_export_counts_what_it_packs(client: Client, alice: User, talk: Conversation) -> None:
    export_all(client, alice)
    export = Export.objects.get()
    assert export.bytes == export.size + export.files_size
    assert places.path_of(export).stat().st_size == export.size


def test_documents_name_files_and_show_pictures_small(client: Client, alice: User, talk: Conversation) -> None:
    client.force_login(alice)
    markdown = client.get(reverse("transfer:document", args=[talk.pk, "md"])).content.decode()
    assert "*Attached: Strand 海.jpeg (" in markdown
    page = client.get(reverse("transfer:document", args=[talk.pk, "html"])).content.decode()
    assert page.count('<img src="data:image/jpeg;base64,') == 2
    assert "style-src data:; img-src data:" in page
    assert "plan.webp" in page
    assert re.findall(r'(?:src|href)="(?!data:)([^"]*)"', page) == []
    printed = client.get(reverse("transfer:print", args=[talk.pk])).content.decode()
    assert printed.count("/thumbnail/") == 2
    assert "conversations.json" not in printed  # that one is on the other branch


def test_documents_of_folders_go_out_and_come_back(client: Client, alice: User, talk: Conversation) -> None:
    outer = Folder.objects.create(user=alice, name="Journeys")
    inner = Folder.objects.create(user=alice, name="Sea", parent=outer)
    fill_folder(outer, [upload(alice, "rules.txt", b"Be brief.").pk])
    fill_folder(inner, [upload(alice, "tides.csv", b"a,b\n1,2").pk])
    Conversation.objects.update(folder=inner)
    make_message(make_conversation(alice, "Also here", folder=inner), "Hello")
    before = described(alice)
    content = export_all(client, alice)
    wipe()
    Folder.objects.all().delete()
    assert (take(alice, content).files_left_out, Folder.objects.count(), FolderFile.objects.count()) == (0, 2, 2)
    assert digest(described(alice)) == digest(before)
    Conversation.objects.update(leaf=None)
    Conversation.objects.all().delete()
    FolderFile.objects.all().delete()
    assert take(alice, content).added == 2
    assert not FolderFile.objects.exists()  # a folder that is there already is its person's


def test_folder_of_a_file_carries_no_pictures_and_no_more_than_one_may(alice: User) -> None:
    folder = Folder.objects.create(user=alice, name="Full")
    uploads = [upload(alice, f"{number}.txt", b"x").pk for number in range(MOST_OF_FOLDER + 1)]
    fill_folder(folder, [upload(alice, "a.png", samples.picture()).pk, *uploads])
    assert list(folder.files.values_list("upload", flat=True)) == uploads[:MOST_OF_FOLDER]


def test_files_of_others_fill_no_folder(alice: User, bob: User) -> None:
    folder = Folder.objects.create(user=bob, name="Mine")
    fill_folder(folder, [upload(alice, "secret.txt", b"x").pk])
    assert not FolderFile.objects.exists()
