"""``/api/search``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from conversations.models import Conversation, Folder, Role
from tests.api.asking import Api
from tests.support.factories import make_conversation, make_message

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

    from accounts.models import User


@pytest.fixture
def talk(alice: User) -> Conversation:
    folder = Folder.objects.create(user=alice, name="Work")
    talk = make_conversation(alice, "Rivers of Europe", folder=folder)
    make_message(talk, "Which river is the longest?")
    make_message(talk, "The Volga is the longest river.", role=Role.ASSISTANT, model="demo/demo")
    return talk


def texts(answer: Any) -> list[str]:
    return ["".join(piece["text"] for piece in one["snippet"]) for one in answer.json()["data"]]


def test_what_was_said_is_found_with_its_hits_marked(api: Api, talk: Conversation) -> None:
    found = api.get("/search", q="RIVER volga").json()
    reply = talk.messages.get(role=Role.ASSISTANT)
    assert found["data"] == [
        {
            "id": str(reply.pk),
            "conversation": str(talk.pk),
            "conversation_title": "Rivers of Europe",
            "role": "assistant",
            "model": "demo/demo",
            "created_at": found["data"][0]["created_at"],
            "snippet": [
                {"text": "The ", "hit": False},
                {"text": "Volga", "hit": True},
                {"text": " is the longest ", "hit": False},
                {"text": "river", "hit": True},
                {"text": ".", "hit": False},
            ],
        }
    ]
    titles = api.get("/search", q="europe").json()["conversations"]
    assert [one["id"] for one in titles] == [str(talk.pk)]


def test_hits_come_a_page_at_a_time(api: Api, talk: Conversation) -> None:
    first = api.get("/search", q="longest", limit=1)
    assert texts(first) == ["The Volga is the longest river."]
    rest = api.get("/search", q="longest", limit=1, cursor=first.json()["next"])
    assert (texts(rest), rest.json()["next"]) == (["Which river is the longest?"], None)


def test_filters_narrow_what_is_found(api: Api, talk: Conversation) -> None:
    both = ["The Volga is the longest river.", "Which river is the longest?"]
    for query, wanted in (
        ({"role": "user"}, both[1:]),
        ({"model": "demo/demo"}, both[:1]),
        ({"folder": talk.folder_id}, both),
        ({"conversation": talk.pk}, both),
        ({"since": "2000-01-01T00:00:00Z"}, both),
        ({"until": "2000-01-01T00:00:00+02:00"}, []),
    ):
        assert texts(api.get("/search", q="river", **query)) == wanted, query


def test_nothing_to_look_for_finds_nothing(api: Api, talk: Conversation) -> None:
    assert api.get("/search", q=" ").json() == {"conversations": [], "data": [], "next": None}


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"q": "x" * 201},
        {"q": "a\x00"},
        {"q": "a", "role": "operator"},
        {"q": "a", "since": "yesterday"},
        {"q": "a", "since": "2026-01-01T00:00:00"},
        {"q": "a", "nonsense": "1"},
    ],
)
def test_wrong_searches_are_refused(api: Api, query: dict[str, Any]) -> None:
    assert api.get("/search", **query).status_code == 400


@pytest.mark.parametrize("cursor", ["MQ==", "x", "OTk5OTk5OTk5OTk5OTk5OTk5OS05OTk5OTk5OTk5OTk5OTk5OTk5"])
def test_pages_that_are_not_there_are_not_found(api: Api, cursor: str) -> None:
    assert api.get("/search", q="a", cursor=cursor).status_code == 404


def test_searches_are_counted_as_on_the_page(api: Api, settings: Settings) -> None:
    settings.RATE_LIMIT_SEARCHES = "2/h"
    assert [api.get("/search", q="river").status_code for _ in range(3)] == [200, 200, 429]
    assert api.get("/search", q="").status_code == 200


def test_strangers_find_nothing(talk: Conversation, bob: User) -> None:
    for query in ({"q": "river"}, {"q": "river", "conversation": talk.pk}):
        assert Api(bob).get("/search", **query).json() == {"conversations": [], "data": [], "next": None}
