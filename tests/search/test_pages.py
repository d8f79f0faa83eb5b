"""The search page and what the palette asks: clear answers, nothing of others, and nothing taken for markup."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse

from conversations.models import Folder, Role
from tests.support.factories import make_conversation, make_message

if TYPE_CHECKING:
    from django.test import Client

    from accounts.models import User
    from conversations.models import Conversation

pytestmark = pytest.mark.django_db

PAGE, PALETTE = "/search/", "/search/palette/"
HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(1)>'


@pytest.fixture
def talk(client: Client, alice: User) -> Conversation:
    client.force_login(alice)
    return make_conversation(alice, "Rivers", model="demo/demo")


def body(client: Client, **asked: str) -> str:
    answer = client.get(PAGE, asked)
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "private, no-store"
    return answer.content.decode()


def told(client: Client, query: str) -> Any:
    return client.get(PALETTE, {"q": query}).json()


def test_page_shows_titles_and_messages_with_their_hits(client: Client, talk: Conversation) -> None:
    message = make_message(talk, "The river Élbe", role=Role.ASSISTANT, model="demo/demo")
    page = body(client, q="elbe")
    assert "<mark>Élbe</mark>" in page
    assert f"/c/{talk.pk}/?message={message.pk}#m-{message.pk}" in page
    assert "<mark>River</mark>s" in body(client, q="river")


def test_page_looks_through_one_conversation(client: Client, talk: Conversation, alice: User, bob: User) -> None:
    make_message(talk, "A river here")
    make_message(make_conversation(alice, "Elsewhere"), "A river there")
    foreign = make_conversation(bob, "A secret talk")
    make_message(foreign, "A secret river")
    within = body(client, q="river", conversation=str(talk.pk))
    assert "Only in" in within
    assert f'name="conversation" value="{talk.pk}"' in within
    assert " here" in within
    assert " there" not in within
    for wanted in (foreign.pk, foreign.user_id):
        page = body(client, q="river", conversation=str(wanted))
        assert "was found" in page
        assert "secret" not in page
        assert "Only in" not in page
    assert " there" in body(client, q="river", conversation="x")


@pytest.mark.parametrize("field", ["q", "role", "model", "folder", "conversation", "since", "until", "after"])
def test_page_takes_nothing_for_markup(client: Client, talk: Conversation, field: str) -> None:
    make_message(talk, f"river {HOSTILE}")
    page = body(client, **{"q": "river", field: HOSTILE})
    assert "<script>alert" not in page
    assert "<img" not in page


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({}, "Titles and messages are looked through"),
        ({"q": '""'}, "There is no word in this"),
        ({"q": '"" AND ( * - \\"'}, "was found"),
        ({"q": "nowhere", "role": "user"}, "with these limits"),
        ({"q": "river", "since": "yesterday"}, "Enter a valid date"),
        ({"q": "river", "role": "system"}, "Select a valid choice"),
        ({"q": "river", "after": "0-1"}, "That was all"),
        ({"q": "river", "until": "9999-12-31"}, "A river"),
        ({"q": "x" * 5000}, "was found"),
    ],
)
def test_page_answers_politely(client: Client, talk: Conversation, asked: dict[str, str], said: str) -> None:
    make_message(talk, "A river")
    assert said in body(client, **asked).replace("<mark>", "").replace("</mark>", "")


def test_page_leads_to_older_hits(client: Client, talk: Conversation) -> None:
    for number in range(25):
        make_message(talk, f"river {number:02}")
    first = client.get(PAGE, {"q": "river", "role": "user"})
    second = client.get(PAGE + first.context["older"])
    found = [hit.message.content for page in (first, second) for hit in page.context["found"].messages]
    assert found == [f"river {number:02}" for number in reversed(range(25))]
    assert "role=user" in first.context["older"]
    assert second.context["older"] == ""


def test_days_begin_where_the_person_is(client: Client, talk: Conversation) -> None:
    make_message(talk, "river", created_at=datetime(2026, 3, 1, 23, 30, tzinfo=UTC))
    client.cookies["timezone"] = "Asia/Tokyo"
    assert not client.get(PAGE, {"q": "river", "until": "2026-03-01"}).context["found"].messages
    found = client.get(PAGE, {"q": "river", "since": "2026-03-02", "until": "2026-03-02"})
    assert len(found.context["found"].messages) == 1
    assert "2 March 2026, 08:30" in found.content.decode()


def test_filter_offers_the_models_of_ones_own_talks(client: Client, talk: Conversation, bob: User) -> None:
    make_conversation(bob, model="secret/model")
    page = body(client)
    assert 'value="demo/demo"' in page
    assert "secret/model" not in page


def test_filter_offers_ones_own_folders(client: Client, talk: Conversation, bob: User) -> None:
    assert "Any folder" not in body(client)
    others = Folder.objects.create(user=bob, name="A secret folder")
    Folder.objects.create(user=talk.user, name="My folder")
    page = body(client, q="river", folder=str(others.pk))
    assert "My folder" in page
    assert "secret" not in page
    assert "Select a valid choice" in page


def test_palette_tells_hits_in_parts(client: Client, talk: Conversation) -> None:
    message = make_message(talk, "A <b>river</b>")
    answer = told(client, "river")
    assert answer == {
        "conversations": [{"url": f"/c/{talk.pk}/", "title": [["River", True], ["s", False]], "text": []}],
        "messages": [
            {
                "url": f"/c/{talk.pk}/?message={message.pk}#m-{message.pk}",
                "title": [["Rivers", False]],
                "text": [["A <b>", False], ["river", True], ["</b>", False]],
            }
        ],
    }
    assert told(client, " ") == {"conversations": [], "messages": []}


def test_palette_leads_operators_only_to_the_administration(client: Client, talk: Conversation) -> None:
    """What each action leads to is made by the routes themselves; a page with the palette shows that they are there."""
    page = client.get("/c/").content.decode()
    actions = page.split('id="palette-actions"')[1].split("</template>")[0]
    assert "New conversation" in actions
    assert "Administration" not in actions
    talk.user.is_staff = True
    talk.user.save()
    assert "Administration" in client.get("/c/").content.decode().split('id="palette-actions"')[1]


def test_nothing_of_others_is_told(client: Client, talk: Conversation, bob: User) -> None:
    make_message(talk, "A secret")
    client.force_login(bob)
    assert told(client, "secret") == told(client, "river") == {"conversations": [], "messages": []}
    assert "A secret" not in client.get(PAGE, {"q": "secret"}).content.decode().replace("<mark>", "")


@pytest.mark.parametrize("address", [PAGE, PALETTE])
def test_searches_are_counted(client: Client, talk: Conversation, settings: Any, address: str) -> None:
    settings.RATE_LIMIT_SEARCHES = "2/d"
    answers = [client.get(address, {"q": query}).status_code for query in ("", "a", "b", "c", "")]
    assert answers == [200, 200, 200, 429, 200]


def test_addresses_are_named() -> None:
    assert (reverse("search:page"), reverse("search:palette")) == (PAGE, PALETTE)
