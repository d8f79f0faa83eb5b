"""The addresses of files: who gets what, and that nothing of it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from conversations import arranging, branching
from files.models import Attachment, Upload
from files.sweeping import remove_unneeded
from tests.files import samples
from tests.support.factories import make_conversation, make_message

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_django import DjangoAssertNumQueries

    from accounts.models import User

pytestmark = pytest.mark.django_db(transaction=True)
JSON = {"accept": "application/json"}


@pytest.fixture
def own(alice: User) -> Client:
    client = Client()
    client.force_login(alice)
    return client


def send(client: Client, name: str = "notes.txt", data: bytes = b"Some notes.") -> dict[str, object]:
    response = client.post(reverse("files:upload"), {"file": SimpleUploadedFile(name, data)}, headers=JSON)
    assert response.status_code == 201, response.content
    told: dict[str, object] = response.json()
    return told


def test_upload_answers_with_what_a_page_shows(own: Client) -> None:
    told = send(own, "holiday.jpg", samples.photograph())
    upload = Upload.objects.get()
    assert told == {
        "id": str(upload.pk),
        "name": "holiday.jpg",
        "kind": "picture",
        "size": upload.size,
        "note": "",
        "url": f"/files/{upload.pk}/",
        "thumbnail": f"/files/{upload.pk}/thumbnail/",
    }


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({}, 400),
        ({"file": "words"}, 400),
        ({"other": SimpleUploadedFile("a.txt", b"a")}, 400),
        ({"file": [SimpleUploadedFile("a.txt", b"a"), SimpleUploadedFile("b.txt", b"b")]}, 400),
        ({"file": [SimpleUploadedFile(f"{number}.txt", b"a") for number in range(1000)]}, 400),
        ({"file": SimpleUploadedFile("a.exe", b"MZ")}, 400),
        ({"file": SimpleUploadedFile("a.txt", b"a" * (20 * 1024 * 1024 + 1))}, 413),
    ],
    ids=["nothing", "words", "other-name", "two", "thousand", "program", "too-large"],
)
def test_upload_takes_one_good_file_and_nothing_else(own: Client, fields: dict[str, object], status: int) -> None:
    assert own.post(reverse("files:upload"), fields, headers=JSON).status_code == status
    assert not Upload.objects.exists()


@pytest.mark.parametrize("path", ["url", "thumbnail"])
def test_what_is_given_back_runs_nowhere(own: Client, path: str) -> None:
    response = own.get(str(send(own, "a “b”.jpg", samples.photograph())[path]))
    assert response.status_code == 200
    assert response["Content-Type"] == "image/jpeg"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response["Content-Security-Policy"]
    assert response["Content-Disposition"] == "attachment; filename*=utf-8''a%20%E2%80%9Cb%E2%80%9D.jpg"
    assert "no-store" in response["Cache-Control"]
    assert b"secret" not in response.content


def test_page_that_is_attached_comes_back_as_plain_text(own: Client) -> None:
    response = own.get(str(send(own, "page.html", b"<script>alert(1)</script>")["url"]))
    assert (response["Content-Type"], response.content) == ("text/plain; charset=utf-8", b"<script>alert(1)</script>")


def test_document_has_no_thumbnail(own: Client) -> None:
    told = send(own)
    assert told["thumbnail"] is None
    assert own.get(f"{told['url']}thumbnail/").status_code == 404


@pytest.mark.parametrize("address", ["url", "thumbnail", "discard"])
def test_stranger_finds_nothing(own: Client, bob: User, address: str) -> None:
    told = send(own, "a.jpg", samples.photograph())
    stranger = Client()
    stranger.force_login(bob)
    path = f"{told['url']}discard/" if address == "discard" else str(told[address])
    response = stranger.post(path) if address == "discard" else stranger.get(path)
    unknown = path.replace(str(told["id"]), "01900000-0000-7000-8000-000000000000")
    again = stranger.post(unknown) if address == "discard" else stranger.get(unknown)
    assert (response.status_code, response.content) == (404, again.content)
    assert Upload.objects.exists()


@pytest.mark.parametrize("path", ["/files/../../etc/passwd", "/files/%2e%2e/x/", "/files/1/", "/files/x%00/"])
def test_no_address_is_a_path(own: Client, path: str) -> None:
    assert own.get(path).status_code == 404


def test_file_lives_and_dies_with_its_messages(own: Client, alice: User) -> None:
    told = send(own)
    message = make_message(make_conversation(alice))
    Attachment.objects.create(message=message, upload_id=str(told["id"]))
    Upload.objects.update(used_at=timezone.now())
    url = str(told["url"])
    assert own.get(url).status_code == 200
    branching.delete_message(alice, message.pk)
    assert own.get(url).status_code == 404
    branching.restore_message(alice, message.pk)
    assert own.get(url).status_code == 200
    arranging.delete_conversation(message.conversation)
    assert own.get(url).status_code == 404
    arranging.restore_conversation(message.conversation)
    assert own.get(url).status_code == 200


def test_discarded_file_is_gone(own: Client) -> None:
    told = send(own)
    assert own.post(f"{told['url']}discard/", headers=JSON).json() == {"file": told["id"]}
    assert own.get(str(told["url"])).status_code == 404


def test_settings_list_ones_own_files_and_the_room_they_take(own: Client, alice: User, bob: User) -> None:
    small, large = send(own, "small.txt"), send(own, "large.txt", b"word " * 500)
    message = make_message(make_conversation(alice))
    Attachment.objects.create(message=message, upload_id=str(large["id"]))
    Upload.objects.filter(pk=str(large["id"])).update(used_at=timezone.now())
    page = own.get(reverse("files:own")).content.decode()
    assert page.index("large.txt") < page.index("small.txt")
    assert f"/c/{message.conversation_id}/" in page
    assert "You have 2 files, which take 4.9" in page
    stranger = Client()
    stranger.force_login(bob)
    theirs = stranger.get(reverse("files:own")).content.decode()
    assert "large.txt" not in theirs
    assert "You have attached nothing." in theirs
    branching.delete_message(alice, message.pk)
    assert "large.txt" not in own.get(reverse("files:own")).content.decode()
    assert str(small["url"]) in page


def test_sent_file_can_be_deleted_and_its_message_stays(own: Client, alice: User, media: Path) -> None:
    told = send(own)
    message = make_message(make_conversation(alice))
    Attachment.objects.create(message=message, upload_id=str(told["id"]))
    Upload.objects.update(used_at=timezone.now())
    assert own.post(reverse("files:delete", args=[told["id"]])).status_code == 302
    assert not Upload.objects.exists()
    assert not [path for path in media.rglob("*") if path.is_file()]
    assert own.get(f"/c/{message.conversation_id}/").status_code == 200


def test_list_of_files_asks_as_often_for_many_as_for_one(
    own: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    send(own)
    with django_assert_num_queries(4):
        own.get(reverse("files:own"))
    for number in range(3):
        send(own, f"{number}.txt")
    with django_assert_num_queries(4):
        own.get(reverse("files:own"))


def test_file_of_a_temporary_conversation_is_read_and_not_listed(own: Client, alice: User, media: Path) -> None:
    told = send(own)
    message = make_message(make_conversation(alice, is_temporary=True))
    Attachment.objects.create(message=message, upload_id=str(told["id"]))
    Upload.objects.update(used_at=timezone.now())
    assert own.get(str(told["url"])).status_code == 200
    assert "notes.txt" not in own.get(reverse("files:own")).content.decode()
    message.conversation.delete()
    assert own.get(str(told["url"])).status_code == 404
    assert remove_unneeded() == 1
    assert not [path for path in media.rglob("*") if path.is_file()]
