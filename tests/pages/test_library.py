"""The page of all conversations, and those of folders: they read and change without scripts."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from conversations.library import PAGE
from conversations.models import Folder, Tag
from tests.support.factories import make_conversation

if TYPE_CHECKING:
    from django.test import Client
    from pytest_django import DjangoAssertNumQueries

    from accounts.models import User

pytestmark = pytest.mark.django_db
LIBRARY = "/library/"
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def client(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def test_library_shows_what_is_asked_for_and_only_ones_own(client: Client, alice: User, bob: User) -> None:
    folder = Folder.objects.create(user=alice, name="Work")
    make_conversation(alice, "In the folder", folder=folder)
    make_conversation(alice, "Outside")
    make_conversation(bob, "Of Bob")
    page = client.get(LIBRARY).content.decode()
    assert "In the folder" in page
    assert "Outside" in page
    assert "Of Bob" not in page
    page = client.get(LIBRARY, {"folder": str(folder.pk)}).content.decode()
    assert "In the folder" in page
    assert "Outside" not in page


def test_library_of_foreign_or_broken_ids_is_not_there(client: Client, bob: User) -> None:
    folder, tag = Folder.objects.create(user=bob, name="His"), Tag.objects.create(user=bob, name="his")
    for query in ({"folder": str(folder.pk)}, {"tag": str(tag.pk)}, {"folder": "x"}, {"tag": "' OR 1=1"}):
        assert client.get(LIBRARY, query).status_code == 404
    assert client.get(LIBRARY, {"after": "x"}).status_code == 404
    assert client.get(LIBRARY, {"shelf": "x"}).status_code == 400
    assert client.get("/c/", {"folder": str(folder.pk)}).status_code == 404
    assert client.get("/c/", {"folder": "x"}).status_code == 404


def test_library_changes_many_at_once_and_comes_back_to_where_it_was(client: Client, alice: User) -> None:
    tag = Tag.objects.create(user=alice, name="word")
    talks = [make_conversation(alice, str(number)) for number in range(3)]
    form = {"conversation": [one.pk for one in talks[:2]], "action": "archive", "from_tag": tag.pk, "next": "//evil"}
    answer = client.post("/library/arrange/", form, headers={"accept": "text/html"})
    assert answer["Location"] == f"/library/?tag={tag.pk}"
    assert [one for one in talks if not type(one).objects.get(pk=one.pk).archived_at] == talks[2:]
    assert "2 conversations are archived." in client.get(LIBRARY).content.decode()


def test_library_shows_words_as_words(client: Client, alice: User) -> None:
    folder = Folder.objects.create(user=alice, name=HOSTILE, instructions=HOSTILE)
    make_conversation(alice, HOSTILE, folder=folder).tags.add(Tag.objects.create(user=alice, name=HOSTILE))
    for address in (LIBRARY, f"/library/folders/{folder.pk}/", f"/library/folders/{folder.pk}/delete/", "/c/"):
        assert HOSTILE not in client.get(address).content.decode()


def test_library_asks_the_database_as_often_for_many_as_for_one(
    client: Client, alice: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    folder = Folder.objects.create(user=alice, name="Work")
    tag = Tag.objects.create(user=alice, name="word")
    make_conversation(alice, folder=folder).tags.add(tag)
    with django_assert_num_queries(6) as one:
        client.get(LIBRARY)
    for _ in range(3):
        make_conversation(alice, folder=folder).tags.add(tag)
    with django_assert_num_queries(len(one.captured_queries)):
        client.get(LIBRARY)


def test_folders_are_made_changed_and_deleted(client: Client, alice: User) -> None:
    client.post("/library/folders/new/", {"name": "Work", "instructions": "Be brief."})
    folder = Folder.objects.get()
    assert (folder.name, folder.user, folder.instructions) == ("Work", alice, "Be brief.")
    client.post(f"/library/folders/{folder.pk}/", {"name": "Play"})
    folder.refresh_from_db()
    assert (folder.name, folder.instructions) == ("Play", "")
    client.post(f"/library/folders/{folder.pk}/delete/")
    assert not Folder.objects.exists()


def test_folder_in_itself_is_refused_in_words(client: Client, alice: User, bob: User) -> None:
    top = Folder.objects.create(user=alice, name="Top")
    Folder.objects.create(user=alice, name="Inside", parent=top)
    other = Folder.objects.create(user=alice, name="Other")
    foreign = Folder.objects.create(user=bob, name="His")
    page = client.post(f"/library/folders/{top.pk}/", {"name": "Top", "parent": other.pk}).content.decode()
    assert "A folder can lie in another one, and no deeper." in page
    for parent in (top.pk, foreign.pk, "x"):
        client.post(f"/library/folders/{top.pk}/", {"name": "Top", "parent": parent})
        top.refresh_from_db()
        assert top.parent is None


def test_names_of_thousands_of_characters_are_refused_in_words(client: Client, alice: User) -> None:
    talk, long = make_conversation(alice, "As it was"), "é" * 5000
    renamed = client.post(f"/c/{talk.pk}/rename/", {"title": long}, headers={"accept": "application/json"})
    assert (renamed.status_code, renamed.json()["error"]["message"]) == (400, "A title has at most 200 characters.")
    tagged = client.post(
        "/library/arrange/",
        {"conversation": talk.pk, "action": "tag", "tag": long},
        headers={"accept": "application/json"},
    )
    assert tagged.status_code == 400
    assert "from 1 to 40 characters" in tagged.json()["error"]["message"]
    made = client.post("/library/folders/new/", {"name": long})
    assert made.status_code == 200
    assert "at most 60 characters" in made.content.decode()
    talk.refresh_from_db()
    assert talk.title == "As it was"
    assert (Folder.objects.count(), Tag.objects.count()) == (0, 0)


def test_folders_never_lie_in_each_other(client: Client, alice: User) -> None:
    one, other = (Folder.objects.create(user=alice, name=name) for name in ("One", "Other"))
    client.post(f"/library/folders/{one.pk}/", {"name": "One", "parent": other.pk})
    answer = client.post(f"/library/folders/{other.pk}/", {"name": "Other", "parent": one.pk})
    assert answer.status_code == 200
    for folder in (one, other):
        folder.refresh_from_db()
    assert (one.parent, other.parent) == (other, None)


def test_list_of_the_sidebar_goes_on_after_a_key(client: Client, alice: User, bob: User) -> None:
    now = timezone.now()
    for number in range(PAGE + 3):
        make_conversation(alice, f"Talk {number:03}", updated_at=now - timedelta(minutes=number))
    make_conversation(alice, "Pinned", pinned_at=now)
    make_conversation(alice, "Filed", folder=Folder.objects.create(user=alice, name="Work"))
    make_conversation(bob, "Of Bob", updated_at=now - timedelta(days=3))
    first = client.get("/c/").content.decode()
    key = re.search(r'data-more="([^"]+)"', first)
    assert key
    rest = client.get(html.unescape(key[1])).content.decode()
    assert re.findall(r'row-title"[^>]*>([^<]+)<', rest) == [f"Talk {number:03}" for number in range(PAGE, PAGE + 3)]
    assert "data-more" not in rest
    assert client.get("/library/more/", {"after": "x"}).status_code == 404


def test_new_conversation_in_a_folder_begins_with_its_model(client: Client, alice: User) -> None:
    folder = Folder.objects.create(user=alice, name="Work", model="demo/another")
    page = client.get("/c/", {"folder": str(folder.pk)}).content.decode()
    assert 'data-model="demo/another"' in page
    assert f'data-folder="{folder.pk}"' in page
