"""Renaming, deleting and bringing back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from django.test import Client
from django.urls import reverse

from conversations.models import Conversation, TitleSource
from tests.support.factories import make_conversation

if TYPE_CHECKING:
    from django.http import HttpResponse

    from accounts.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def talk(alice: User, client: Client) -> Conversation:
    client.force_login(alice)
    return make_conversation(alice, "Before")


def change(client: Client, name: str, conversation: Conversation, **fields: str) -> HttpResponse:
    url = reverse(f"conversations:{name}", args=[conversation.pk])
    return client.post(url, fields, headers={"Accept": "application/json"})  # type: ignore[return-value]


def test_rename_gives_a_persons_title(client: Client, talk: Conversation) -> None:
    answer = change(client, "rename", talk, title="  After <b>all</b>\n ")
    talk.refresh_from_db()
    assert json.loads(answer.content) == {"conversation": str(talk.pk), "title": talk.title}
    assert talk.title_source == TitleSource.PERSON
    assert "<" not in talk.title


@pytest.mark.parametrize(
    ("title", "sentence"),
    [
        ("", "A title needs at least one visible character."),
        (" \n\t ", "A title needs at least one visible character."),
        ("<b></b>", "A title needs at least one visible character."),
        ("x" * 201, "A title has at most 200 characters."),
    ],
)
def test_rename_refuses_what_is_no_title(client: Client, talk: Conversation, title: str, sentence: str) -> None:
    answer = change(client, "rename", talk, title=title)
    assert answer.status_code == 400
    assert json.loads(answer.content) == {"error": {"code": "bad_request", "message": sentence}}
    talk.refresh_from_db()
    assert talk.title == "Before"


@pytest.mark.parametrize("title", ["a\0b", "\0"])
def test_rename_refuses_nul(client: Client, talk: Conversation, title: str) -> None:
    assert change(client, "rename", talk, title=title).status_code == 400


def test_rename_without_a_title_is_refused(client: Client, talk: Conversation) -> None:
    assert change(client, "rename", talk).status_code == 400


def test_rename_takes_nothing_but_the_title(client: Client, talk: Conversation, bob: User) -> None:
    change(client, "rename", talk, title="After", user=str(bob.pk), pinned_at="2026-01-01", instructions="Be evil")
    before, owner = talk.instructions, talk.user_id
    talk.refresh_from_db()
    assert (talk.title, talk.user_id, talk.pinned_at, talk.instructions) == ("After", owner, None, before)


def test_delete_and_restore_are_each_others_undo(client: Client, talk: Conversation) -> None:
    page = reverse("conversations:detail", args=[talk.pk])
    assert change(client, "delete", talk).status_code == 200
    assert client.get(page).status_code == 404
    assert change(client, "restore", talk).status_code == 200
    assert client.get(page).status_code == 200


def test_delete_twice_is_not_found(client: Client, talk: Conversation) -> None:
    change(client, "delete", talk)
    assert change(client, "delete", talk).status_code == 404


def test_restore_of_what_is_there_is_not_found(client: Client, talk: Conversation) -> None:
    answer = change(client, "restore", talk)
    assert answer.status_code == 404
    assert json.loads(answer.content)["error"]["code"] == "not_found"


@pytest.mark.parametrize("name", ["rename", "delete", "restore"])
def test_changes_need_the_csrf_token(alice: User, talk: Conversation, name: str) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice)
    assert change(strict, name, talk, title="Forged").status_code == 403
    talk.refresh_from_db()
    assert (talk.title, talk.deleted_at) == ("Before", None)


def test_changes_take_the_token_of_the_page(alice: User, talk: Conversation) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice)
    page = strict.get(reverse("conversations:new")).content.decode()
    config = json.loads(page.partition('id="page-config" type="application/json">')[2].partition("</script>")[0])
    url = reverse("conversations:rename", args=[talk.pk])
    answer = strict.post(url, {"title": "After"}, headers={"X-CSRFToken": config["csrf"]})
    assert answer.status_code == 200
