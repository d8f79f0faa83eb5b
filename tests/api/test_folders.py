"""``/api/folders`` and ``/api/tags``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from conversations.models import Folder, Tag
from files.models import FolderFile, Upload
from tests.api.asking import Api
from tests.files.samples import picture
from tests.support.factories import make_conversation

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_django.fixtures import Settings

    from accounts.models import User


@pytest.fixture(autouse=True)
def _media(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path)


def make(api: Api, name: str = "Work", **fields: Any) -> dict[str, Any]:
    answer = api.send("post", "/folders", {"name": name, **fields})
    assert answer.status_code == 201
    made: dict[str, Any] = answer.json()
    return made


def test_a_folder_is_made_and_told(api: Api) -> None:
    parent = make(api)
    made = make(api, " Letters", parent=parent["id"], model="demo/demo", instructions="Dear reader")
    assert made | {"id": "", "created_at": ""} == {
        "id": "",
        "name": "Letters",
        "parent": parent["id"],
        "model": "demo/demo",
        "instructions": "Dear reader",
        "created_at": "",
        "files": [],
    }
    assert api.get(f"/folders/{made['id']}").json() == made
    listed = api.get("/folders").json()["data"]
    assert [(one["name"], one["parent"]) for one in listed] == [("Work", None), ("Letters", parent["id"])]


def test_a_list_asks_the_database_as_often_for_three_as_for_one(api: Api, django_assert_max_num_queries: Any) -> None:
    make(api, "one")
    with django_assert_max_num_queries(20) as queries:
        api.get("/folders")
    asked = len(queries)
    make(api, "two")
    make(api, "three")
    with django_assert_max_num_queries(asked):
        assert len(api.get("/folders").json()["data"]) == 3


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": ""},
        {"name": " \u200b"},
        {"name": "x" * 61},
        {"name": "x", "parent": "x"},
        {"name": "x", "files": []},
        {"name": "x\u0000"},
    ],
)
def test_wrong_folders_are_not_made(api: Api, body: dict[str, Any]) -> None:
    assert api.send("post", "/folders", body).status_code == 400
    assert not Folder.objects.exists()


def test_a_folder_is_changed_where_nobody_else_did(api: Api) -> None:
    path = f"/folders/{make(api, instructions='Be brief.')['id']}"
    seen = api.get(path)["ETag"]
    changed = api.send("patch", path, {"name": "Play"}, If_Match=seen)
    assert (changed.json()["name"], changed.json()["instructions"]) == ("Play", "Be brief.")
    late = api.send("patch", path, {"name": "Late"}, If_Match=seen)
    assert (late.status_code, late.json()["current"]["name"]) == (409, "Play")
    assert Folder.objects.get().name == "Play"


def test_a_folder_goes_and_its_conversations_stay(api: Api, alice: User) -> None:
    made = make(api)
    talk = make_conversation(alice, folder=Folder.objects.get())
    assert api.send("delete", f"/folders/{made['id']}").status_code == 204
    talk.refresh_from_db()
    assert (talk.folder_id, api.get(f"/folders/{made['id']}").status_code) == (None, 404)


def test_a_folder_carries_documents_and_no_pictures(api: Api) -> None:
    made = make(api)
    path = f"/folders/{made['id']}/files"
    told = api.upload(path, file=SimpleUploadedFile("rules.txt", b"Be kind."))
    assert (told.status_code, told.json()["folder"], told.json()["kind"]) == (201, made["id"], "document")
    assert [one["name"] for one in api.get(f"/folders/{made['id']}").json()["files"]] == ["rules.txt"]
    assert api.upload(path, file=SimpleUploadedFile("one.png", picture())).status_code == 400
    assert api.send("delete", f"{path}/{told.json()['id']}").status_code == 204
    assert (FolderFile.objects.count(), Upload.objects.count()) == (0, 0)


def test_tags_are_listed_by_name(api: Api, alice: User, bob: User) -> None:
    for name in ("two", "one"):
        Tag.objects.create(user=alice, name=name)
    Tag.objects.create(user=bob, name="his")
    assert api.get("/tags").json() == {"data": [{"name": "one"}, {"name": "two"}]}


def test_strangers_find_nothing_and_change_nothing(api: Api, bob: User) -> None:
    made, stranger = make(api), Api(bob)
    path = f"/folders/{made['id']}"
    answers = [
        stranger.get(path),
        stranger.send("patch", path, {"name": "His"}),
        stranger.send("delete", path),
        stranger.send("post", "/folders", {"name": "His", "parent": made["id"]}),
        stranger.upload(f"{path}/files", file=SimpleUploadedFile("a.txt", b"His")),
        stranger.send("delete", f"{path}/files/{made['id']}"),
        stranger.get("/conversations", folder=made["id"]),
        stranger.get("/search", q="word", folder=made["id"]),
    ]
    assert [answer.status_code for answer in answers] == [404] * 8
    assert (list(Folder.objects.values_list("name", flat=True)), Upload.objects.count()) == (["Work"], 0)
