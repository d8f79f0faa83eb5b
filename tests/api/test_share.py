"""``/api/share``."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.utils import timezone

from conversations.models import Conversation, Message, Role, Status
from sharing.models import Link
from tests.api.asking import Api
from tests.support.factories import make_conversation, make_message

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

    from accounts.models import User


@pytest.fixture
def talk(alice: User) -> Conversation:
    talk = make_conversation(alice, "Rivers")
    make_message(talk, "Which river is the longest?")
    return talk


def share(api: Api, talk: Conversation, **further: Any) -> Any:
    return api.send("post", "/share", {"conversation": str(talk.pk), **further})


def test_a_link_is_told_once_and_opens_the_branch(api: Api, talk: Conversation, settings: Settings) -> None:
    answer = share(api, talk)
    assert answer.status_code == 201
    made = answer.json()
    assert made["url"].startswith(f"{settings.PUBLIC_URL}/s/")
    page = Client().get(made["url"].removeprefix(settings.PUBLIC_URL))
    assert "Which river is the longest?" in page.content.decode()
    told = api.get(f"/share/{made['id']}").json()
    assert told | {"created_at": ""} == {
        "id": made["id"],
        "conversation": str(talk.pk),
        "title": "Rivers",
        "created_at": "",
        "expires_at": None,
    }
    assert api.get("/share").json() == {"data": [told], "next": None}


def test_a_link_works_for_as_long_as_was_said(api: Api, talk: Conversation) -> None:
    share(api, talk, days=7)
    left = (Link.objects.get().expires_at or timezone.now()) - timezone.now()
    assert timedelta(days=6) < left <= timedelta(days=7)


@pytest.mark.parametrize(
    "body", [{"days": 0}, {"days": 31}, {"days": True}, {"days": "7"}, {"with_files": 1}, {"conversation": "x"}]
)
def test_wrong_links_are_not_made(api: Api, talk: Conversation, body: dict[str, Any]) -> None:
    assert share(api, talk, **body).status_code == 400
    assert not Link.objects.exists()


def test_what_cannot_be_shared_is_refused(api: Api, talk: Conversation, settings: Settings) -> None:
    empty, temporary = make_conversation(talk.user), make_conversation(talk.user, is_temporary=True)
    make_message(temporary)
    assert [share(api, one).status_code for one in (empty, temporary)] == [409, 409]
    make_message(talk, "", role=Role.ASSISTANT, status=Status.STREAMING)
    assert share(api, talk).status_code == 409
    Message.objects.update(status=Status.COMPLETE)
    settings.SHARING = "off"
    assert share(api, talk).status_code == 403


def test_links_come_a_page_at_a_time(api: Api, talk: Conversation) -> None:
    made = [share(api, talk).json()["id"] for _ in range(3)]
    first = api.get("/share", limit=2).json()
    rest = api.get("/share", limit=2, cursor=first["next"]).json()
    assert [one["id"] for one in (*first["data"], *rest["data"])] == made[::-1]
    assert rest["next"] is None


def test_a_link_is_taken_back(api: Api, talk: Conversation) -> None:
    made = share(api, talk).json()
    assert api.send("delete", f"/share/{made['id']}").status_code == 204
    assert api.get(f"/share/{made['id']}").status_code == 404
    assert Client().get(f"/s/{made['url'].rpartition('/s/')[2]}").status_code == 404


def test_strangers_find_nothing_and_take_nothing(api: Api, talk: Conversation, bob: User) -> None:
    made, stranger = share(api, talk).json(), Api(bob)
    path = f"/share/{made['id']}"
    answers = [stranger.get(path), stranger.send("delete", path), share(stranger, talk)]
    assert [answer.status_code for answer in answers] == [404] * 3
    assert (stranger.get("/share").json()["data"], Link.objects.count()) == ([], 1)
