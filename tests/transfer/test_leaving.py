"""Deleting an account: what is said before, and that nothing of the person is left, in no table and on no disk."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from asgiref.sync import async_to_sync
from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import reverse

from conversations.models import Folder, Preset, Role, Tag
from files.services import carry, take_file
from sharing.services import share_branch
from tests.files import samples
from tests.support.factories import make_conversation, make_message
from tests.support.people import PASSWORD
from transfer import exports, imports, places, runner
from transfer.models import Export, Format

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_django.fixtures import Settings

    from accounts.models import User

pytestmark = pytest.mark.django_db(transaction=True)
SECRET = "xylophone"
MAY_KEEP = {"audit_entry"}
"""Tables in which the words of a person who is gone may stand: the address of that time, in what operators did."""


@pytest.fixture
def media(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = str(tmp_path)
    return tmp_path


@pytest.fixture
def settled(alice: User, media: Path) -> str:
    """Let alice have one of everything; returns the token of her link."""
    talk = make_conversation(alice, f"{SECRET} title", instructions=SECRET)
    question = make_message(talk, f"{SECRET} question")
    files = [("a.png", samples.picture()), ("a.txt", SECRET.encode())]
    carry(alice, {question.pk: [take_file(alice, SimpleUploadedFile(*one)).pk for one in files]})
    make_message(talk, f"{SECRET} answer", role=Role.ASSISTANT, rating=1)
    talk.folder = Folder.objects.create(user=alice, name=SECRET)
    talk.save()
    talk.tags.add(Tag.objects.create(user=alice, name=SECRET))
    Preset.objects.create(user=alice, name=SECRET, model="demo/demo")
    _link, token = share_branch(talk, with_files=True)
    exports.start_export(alice, Format.JSON)
    while async_to_sync(runner.work_once)():
        pass
    imports.bring_file(alice, name=f"{SECRET}.json", pieces=[SECRET.encode()])
    return token


def tables_with(words: str) -> set[str]:
    """List the tables in whose rows words stand, wherever in them."""
    found = set()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            if any(words in str(value) for row in cursor.fetchall() for value in row):
                found.add(table)
    return found


def test_page_says_what_goes_and_what_stays(client: Client, alice: User, settled: str) -> None:
    client.force_login(alice)
    page = client.get(reverse("account_delete")).content.decode()
    for words in (
        "1 conversation with all its branches (2 messages)",
        "2 attached files",
        "1 shared link:",
        "2 exports and imports",
        "as sums without your name",
        "The log of what operators did",
        f'<a href="{reverse("transfer:data")}">export it</a> first',
    ):
        assert words in page


def test_everything_goes_from_the_tables_and_the_disk(client: Client, alice: User, settled: str, media: Path) -> None:
    assert "conversations_message" in tables_with(SECRET)
    assert [path for path in media.rglob("*") if path.is_file()]
    client.force_login(alice)
    answer = client.post(reverse("account_delete"), {"password": PASSWORD}, follow=True)
    assert "Your account is deleted" in answer.content.decode()
    assert tables_with(SECRET) - MAY_KEEP == set()
    assert tables_with(alice.email) - MAY_KEEP == set()
    assert [path for path in media.rglob("*") if path.is_file()] == []
    assert not get_user_model().objects.filter(pk=alice.pk).exists()
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if field.related_model is get_user_model() and not model._meta.label_lower.startswith("audit."):
                assert not model._default_manager.filter(**{field.attname: alice.pk}).exists(), model
    assert Client().get(reverse("sharing:shared", args=[settled])).status_code == 404


def test_words_of_others_stay(client: Client, alice: User, bob: User, settled: str) -> None:
    theirs = make_message(make_conversation(bob, "Mine"), "Still here")
    client.force_login(alice)
    client.post(reverse("account_delete"), {"password": PASSWORD})
    theirs.refresh_from_db()
    assert theirs.content == "Still here"


def test_strays_are_tidied_away(alice: User, settled: str) -> None:
    export = Export.objects.get(user=alice)
    Export.objects.all().delete()
    runner.tidy()
    assert places.path_of(export).exists()  # it may be one that is just being made
    os.utime(places.path_of(export), (0, 0))
    runner.tidy()
    assert not places.path_of(export).exists()
