"""The pages: making a link, the list of one's own, and going on from what a link shows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from conversations.models import Conversation, Message, Role
from sharing.models import Link
from sharing.services import share_branch
from tests.support.factories import make_conversation, make_message

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries
    from pytest_django.fixtures import Settings

    from accounts.models import User

pytestmark = pytest.mark.django_db
HOSTILE = '"><img src=x onerror=alert(1)>'


@pytest.fixture
def talk(alice: User) -> Conversation:
    conversation = make_conversation(alice, "Why the sky is blue", model="demo/demo")
    make_message(conversation, "Why?", html="Why?")
    make_message(conversation, "Because", html="<p>Because</p>", role=Role.ASSISTANT, model="demo/demo")
    return conversation


def make_link(client: Client, conversation: Conversation, days: str = "never") -> str:
    """Make a link by the form; return the path that the page gives."""
    answer = client.post(reverse("sharing:share", args=[conversation.pk]), {"days": days})
    found = re.search(r'value="http://[^/]+(/s/[^"]+)"', answer.content.decode())
    assert found, answer.content.decode()
    return found[1]


def test_form_makes_a_link_that_works(client: Client, talk: Conversation, alice: User) -> None:
    client.force_login(alice)
    assert "Share this conversation" in client.get(reverse("sharing:share", args=[talk.pk])).content.decode()
    path = make_link(client, talk)
    assert "Because" in Client().get(path).content.decode()
    assert Link.objects.get().expires_at is None


@pytest.mark.parametrize(("days", "hours"), [("1", 24), ("7", 168), ("30", 720)])
def test_form_sets_an_end(client: Client, talk: Conversation, alice: User, days: str, hours: int) -> None:
    client.force_login(alice)
    make_link(client, talk, days)
    expires_at = Link.objects.get().expires_at
    assert expires_at
    assert round((expires_at - timezone.now()).total_seconds() / 3600) == hours


@pytest.mark.parametrize("days", ["", "0", "-1", "nan", "99999999999", HOSTILE])
def test_form_takes_no_other_end(client: Client, talk: Conversation, alice: User, days: str) -> None:
    client.force_login(alice)
    answer = client.post(reverse("sharing:share", args=[talk.pk]), {"days": days})
    assert HOSTILE not in answer.content.decode()
    assert Link.objects.count() == 0


def test_form_says_why_there_is_nothing_to_share(client: Client, alice: User) -> None:
    client.force_login(alice)
    answer = client.post(reverse("sharing:share", args=[make_conversation(alice).pk]), {"days": "never"})
    assert answer.status_code == 409
    assert "nothing to share yet" in answer.content.decode()


def test_form_holds_the_rate(client: Client, talk: Conversation, alice: User, settings: Settings) -> None:
    settings.RATE_LIMIT_MESSAGES = "1/h"
    client.force_login(alice)
    make_link(client, talk)
    answer = client.post(reverse("sharing:share", args=[talk.pk]), {"days": "never"})
    assert answer.status_code == 429
    assert Link.objects.count() == 1


def test_list_shows_ones_own_links_and_takes_them_back(
    client: Client, talk: Conversation, alice: User, bob: User
) -> None:
    link, token = share_branch(talk)
    theirs = make_conversation(bob, "Something of Bob's")
    make_message(theirs)
    share_branch(theirs)
    client.force_login(alice)
    page = client.get(reverse("sharing:links")).content.decode()
    assert "Why the sky is blue" in page
    assert "Something of Bob" not in page
    assert token not in page
    answer = client.post(reverse("sharing:revoke", args=[link.pk]), follow=True)
    assert "The link no longer works." in answer.content.decode()
    assert "Why the sky is blue" not in answer.content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_list_asks_the_database_the_same_whatever_it_shows(
    client: Client, talk: Conversation, alice: User, count: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(count):
        share_branch(talk)
    client.force_login(alice)
    with django_assert_max_num_queries(4):
        client.get(reverse("sharing:links"))


def test_shared_page_is_hostile_to_nobody(client: Client, alice: User) -> None:
    conversation = make_conversation(alice, HOSTILE)
    make_message(conversation, HOSTILE, html="")
    _, token = share_branch(conversation)
    page = client.get(reverse("sharing:shared", args=[token])).content.decode()
    assert "<img src=x" not in page
    assert page.count("&lt;img") >= 2


def go_on(client: Client, token: str, client_id: str = "") -> str:
    answer = client.post(reverse("sharing:continue", args=[token]), {"client_id": client_id or uuid4().hex})
    return str(answer["Location"]) if answer.status_code == 302 else str(answer.status_code)


def test_reader_goes_on_in_a_conversation_of_their_own(
    client: Client, talk: Conversation, alice: User, bob: User
) -> None:
    _, token = share_branch(talk)
    client.force_login(bob)
    page = client.get(reverse("sharing:shared", args=[token])).content.decode()
    found = re.search(r'name="client_id" value="(\w+)"', page)
    assert found
    address = go_on(client, token, found[1])
    own = Conversation.objects.get(user=bob)
    assert address == reverse("conversations:detail", args=[own.pk])
    assert (own.title, own.model) == ("Why the sky is blue", "demo/demo")
    page = client.get(address).content.decode()
    assert page.index("Why?") < page.index("Because")
    assert own.leaf
    assert [own.leaf.content, own.leaf.parent and own.leaf.parent.content] == ["Because", "Why?"]
    assert set(own.messages.values_list("pk")) & set(talk.messages.values_list("pk")) == set()
    assert Message.objects.filter(conversation=talk).count() == 2


def test_going_on_twice_by_one_form_makes_one_conversation(client: Client, talk: Conversation, bob: User) -> None:
    _, token = share_branch(talk)
    client.force_login(bob)
    client_id = uuid4().hex
    assert go_on(client, token, client_id) == go_on(client, token, client_id)
    assert go_on(client, token) != go_on(client, token, client_id)
    assert Conversation.objects.filter(user=bob).count() == 2


@pytest.mark.parametrize("client_id", ["x", "../../", "0" * 33, HOSTILE])
def test_going_on_takes_only_its_own_form(client: Client, talk: Conversation, bob: User, client_id: str) -> None:
    _, token = share_branch(talk)
    client.force_login(bob)
    assert go_on(client, token, client_id) == "400"
    assert Conversation.objects.filter(user=bob).count() == 0


def test_nobody_goes_on_without_signing_in_or_from_a_link_that_is_gone(
    client: Client, talk: Conversation, bob: User
) -> None:
    link, token = share_branch(talk)
    assert go_on(client, token).startswith(reverse("account_login"))
    client.force_login(bob)
    link.delete()
    assert go_on(client, token) == "404"
    assert Conversation.objects.filter(user=bob).count() == 0


def test_talk_offers_no_link_where_there_is_none(
    client: Client, talk: Conversation, alice: User, settings: Settings
) -> None:
    settings.SHARING = "off"
    client.force_login(alice)
    page = client.get(reverse("conversations:detail", args=[talk.pk])).content.decode()
    assert "share-talk" not in page
    assert 'data-of-row="share"' not in page
    answer = client.post(reverse("sharing:share", args=[talk.pk]), {"days": "never"})
    assert answer.status_code == 403
    assert "not shared by links on this site" in answer.content.decode()


def test_talk_leads_to_its_sharing(client: Client, talk: Conversation, alice: User) -> None:
    client.force_login(alice)
    page = client.get(reverse("conversations:detail", args=[talk.pk])).content.decode()
    assert f'id="share-talk" href="{reverse("sharing:share", args=[talk.pk])}"' in page


def test_temporary_conversation_is_refused_kindly(client: Client, talk: Conversation, alice: User) -> None:
    Conversation.objects.update(is_temporary=True)
    client.force_login(alice)
    address = reverse("sharing:share", args=[talk.pk])
    for answer in (client.get(address), client.post(address, {"days": "never"})):
        assert answer.status_code == 409
        assert "leaves nothing behind, so it cannot be shared" in answer.content.decode()
    assert not Link.objects.exists()
