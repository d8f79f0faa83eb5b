"""``/api/files``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.tokens import Scope
from files.models import Kind, Upload
from moderation.models import Incident
from tests.api.asking import Api
from tests.files.samples import picture
from tests.moderation.rows import add_word

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_django.fixtures import Settings

    from accounts.models import User


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = str(tmp_path)
    return tmp_path


def bring(api: Api, name: str = "notes.txt", content: bytes = b"Some notes.") -> Any:
    return api.upload("/files", file=SimpleUploadedFile(name, content))


def test_a_document_is_brought_told_and_given_back(api: Api) -> None:
    answer = bring(api)
    assert answer.status_code == 201
    told = answer.json()
    path = f"/api/files/{told['id']}"
    assert told | {"id": "", "created_at": "", "kept": 0} == {
        "id": "",
        "name": "notes.txt",
        "kind": "document",
        "media_type": "text/plain; charset=utf-8",
        "size": 11,
        "kept": 0,
        "width": None,
        "height": None,
        "note": "",
        "created_at": "",
        "sent_at": None,
        "conversation": None,
        "folder": None,
        "content": f"{path}/content",
        "thumbnail": None,
    }
    assert api.get(f"/files/{told['id']}").json() == told
    content = api.get(f"/files/{told['id']}/content")
    assert (content.content, content["Content-Disposition"]) == (b"Some notes.", 'attachment; filename="notes.txt"')
    assert "sandbox" in content["Content-Security-Policy"]
    assert api.get(f"/files/{told['id']}/thumbnail").status_code == 404


def test_a_picture_comes_small_too(api: Api) -> None:
    told = bring(api, "one.png", picture()).json()
    assert (told["kind"], told["width"], told["height"]) == ("picture", 64, 48)
    assert api.get(told["thumbnail"].removeprefix("/api"))["Content-Type"] == "image/jpeg"


def test_files_come_a_page_at_a_time_with_their_room(api: Api, alice: User) -> None:
    for number in range(3):
        fields: dict[str, Any] = {"kind": Kind.DOCUMENT, "size": 2, "kept": 5, "is_ready": True}
        Upload.objects.create(user=alice, name=str(number), **fields)
    first = api.get("/files", limit=2).json()
    assert ([one["name"] for one in first["data"]], first["count"], first["kept"]) == (["2", "1"], 3, 15)
    rest = api.get("/files", limit=2, cursor=first["next"]).json()
    assert ([one["name"] for one in rest["data"]], rest["next"]) == (["0"], None)


def test_a_file_is_deleted(api: Api, media: Path) -> None:
    told = bring(api).json()
    assert api.send("delete", f"/files/{told['id']}").status_code == 204
    assert api.get(f"/files/{told['id']}").status_code == 404
    assert [path for path in media.rglob("*") if path.is_file()] == []


def test_what_is_no_single_file_is_refused(api: Api) -> None:
    one, two = (SimpleUploadedFile(f"{name}.txt", b"x") for name in "ab")
    wrong = [
        api.upload("/files"),
        api.upload("/files", file="text"),
        api.upload("/files", other=one),
        api.upload("/files", file=[one, two]),
        bring(api, "empty.txt", b""),
        bring(api, "program.exe", b"MZ\x00\x01"),
    ]
    assert [answer.status_code for answer in wrong] == [400] * 6
    assert api.send("post", "/files", {"file": "x"}).status_code in {400, 415}
    assert not Upload.objects.exists()


def test_words_that_are_not_used_here_are_not_brought(api: Api) -> None:
    add_word("rascal")
    answer = bring(api, content=b"You rascal.")
    assert (answer.status_code, answer.json()["code"]) == (400, "blocked_words")
    assert (Upload.objects.count(), Incident.objects.count()) == (0, 1)


def test_a_full_shelf_takes_no_more(api: Api, settings: Settings) -> None:
    settings.FILES_PER_PERSON = 0
    answer = bring(api)
    assert (answer.status_code, answer.json()["code"]) == (413, "quota_exceeded")


def test_files_are_counted_by_the_person_and_not_by_the_address(alice: User, bob: User, settings: Settings) -> None:
    settings.RATE_LIMIT_UPLOADS = "2/h"
    hers = [bring(Api(alice)).status_code for _ in range(3)]
    answer = bring(Api(alice))
    assert (hers, answer.json()["code"]) == ([201, 201, 429], "rate_limited")
    assert int(answer["Retry-After"]) > 0
    assert bring(Api(bob)).status_code == 201


def test_a_session_brings_files_with_its_csrf_token_alone(alice: User, settings: Settings) -> None:
    client, token = Client(enforce_csrf_checks=True), "t" * 32
    client.force_login(alice)
    client.cookies[settings.CSRF_COOKIE_NAME] = token
    for headers, status in (({}, 403), ({"X-CSRFToken": token}, 201)):
        file = SimpleUploadedFile("notes.txt", b"Some notes.")
        assert client.post("/api/files", {"file": file}, headers=headers).status_code == status


def test_strangers_and_readers_bring_and_take_nothing(api: Api, alice: User, bob: User) -> None:
    told, stranger = bring(api).json(), Api(bob)
    path = f"/files/{told['id']}"
    answers = [
        stranger.get(path),
        stranger.get(f"{path}/content"),
        stranger.get(f"{path}/thumbnail"),
        stranger.send("delete", path),
    ]
    assert [answer.status_code for answer in answers] == [404] * 4
    assert stranger.get("/files").json()["data"] == []
    assert bring(Api(alice, Scope.READ)).status_code == 403
    assert Upload.objects.count() == 1
