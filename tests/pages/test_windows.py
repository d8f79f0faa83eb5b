"""Long talks: a page shows a part of them, whatever their length, and leads to the others."""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.utils import timezone

from conversations.models import Conversation, Message, Role
from conversations.windows import WINDOW
from tests.support.factories import make_conversation, make_message

if TYPE_CHECKING:
    from django.test import Client
    from pytest_django import DjangoAssertNumQueries

    from accounts.models import User

pytestmark = pytest.mark.django_db
LONG = 5 * WINDOW // 2


@pytest.fixture
def client(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def make_talk(user: User, count: int) -> Conversation:
    """Store a talk of so many messages, one under the other, named by their numbers."""
    talk = make_conversation(user)
    roles = (Role.USER, Role.ASSISTANT)
    rows = [
        Message(conversation=talk, role=roles[number % 2], content=str(number), created_at=timezone.now())
        for number in range(count)
    ]
    for above, below in pairwise(rows):
        below.parent = above
    Message.objects.bulk_create(rows, batch_size=500)
    talk.leaf = rows[-1]
    talk.save()
    return talk


def shown(client: Client, address: str, kind: str = "earlier") -> tuple[list[int], str]:
    """Give the numbers of the messages on a page, and the address of the earlier (or later) ones, or nothing."""
    page = client.get(address).content.decode().partition("<template")[0]
    numbers = [int(found) for found in re.findall(r'autocomplete="off">\n(\d+)</textarea>', page)]
    line = re.search(rf'<p class="{kind}"><a href="([^"]+)"', page)
    return numbers, f"{address.partition('?')[0]}{line[1]}" if line else ""


def test_pages_of_a_long_talk_hold_everything_once(client: Client, alice: User) -> None:
    talk = make_talk(alice, LONG)
    seen: list[int] = []
    address = f"/c/{talk.pk}/"
    while address:
        numbers, address = shown(client, address)
        assert len(numbers) <= WINDOW
        seen = numbers + seen
    assert seen == list(range(LONG))


def test_pages_of_a_long_talk_lead_forward_as_well(client: Client, alice: User) -> None:
    talk = make_talk(alice, LONG)
    first = talk.messages.get(content="0")
    seen, address = shown(client, f"/c/{talk.pk}/?message={first.pk}", "later")
    while address:
        numbers, address = shown(client, address, "later")
        assert len(numbers) <= WINDOW
        seen += numbers
    assert seen == list(range(LONG))


def test_first_message_and_those_of_a_day_are_led_to(client: Client, alice: User) -> None:
    talk = make_talk(alice, 6)
    now = timezone.now()
    for number in range(6):
        talk.messages.filter(content=str(number)).update(created_at=now - timedelta(days=20 - 2 * number))
    first, fourth, last = (talk.messages.get(content=number) for number in "035")
    just_before = fourth.created_at - timedelta(seconds=1)
    Message.objects.create(conversation=talk, role=Role.USER, content="in no branch on show", created_at=just_before)
    address = f"/c/{talk.pk}/"
    wanted = {
        "at=first": first,
        f"day={fourth.created_at:%Y-%m-%d}": fourth,
        f"day={fourth.created_at - timedelta(days=1):%Y-%m-%d}": fourth,
        "day=0001-01-01": first,
        "day=9999-12-31": last,
    }
    for query, message in wanted.items():
        assert client.get(f"{address}?{query}")["Location"] == f"{address}?message={message.pk}#m-{message.pk}", query


@pytest.mark.parametrize("day", ["x", "2026-13-01", "2026-02-30", "' OR 1=1", "٢٠٢٦-٠١-٠١x"])
def test_what_is_no_day_is_refused_in_words(client: Client, alice: User, day: str) -> None:
    answer = client.get(f"/c/{make_talk(alice, 1).pk}/", {"day": day})
    assert answer.status_code == 400
    assert "This is no day." in answer.content.decode()


def test_short_talk_is_on_one_page(client: Client, alice: User) -> None:
    talk = make_talk(alice, WINDOW)
    assert shown(client, f"/c/{talk.pk}/") == (list(range(WINDOW)), "")
    assert 'id="places"' not in client.get(f"/c/{talk.pk}/").content.decode()
    assert client.get(f"/c/{make_conversation(alice).pk}/", {"at": "first"}).status_code == 200


@pytest.mark.parametrize(
    ("number", "is_newest"), [(0, False), (WINDOW, False), (LONG - WINDOW, True), (LONG - 1, True)]
)
def test_message_is_shown_with_what_is_around_it(client: Client, alice: User, number: int, *, is_newest: bool) -> None:
    talk = make_talk(alice, LONG)
    message = talk.messages.get(content=str(number))
    address = f"/c/{talk.pk}/?message={message.pk}"
    assert number in shown(client, address)[0]
    assert (not shown(client, address, "later")[1]) is is_newest
    assert 'id="places"' in client.get(address).content.decode()


def test_parts_next_to_what_is_not_there_is_not_there(client: Client, alice: User, bob: User) -> None:
    talk = make_talk(alice, 3)
    foreign = make_message(make_conversation(bob))
    elsewhere = make_message(make_conversation(alice))
    deleted = make_message(talk, "deleted", deleted_at=timezone.now())
    edges = {"before": talk.messages.get(content="0"), "after": talk.messages.get(content="2")}
    Conversation.objects.filter(pk=talk.pk).update(leaf=edges["after"])
    for way, edge in edges.items():
        for wanted in (foreign.pk, elsewhere.pk, deleted.pk, edge.pk, uuid4(), "x", "' OR 1=1"):
            assert client.get(f"/c/{talk.pk}/", {way: str(wanted)}).status_code == 404


def test_long_talk_costs_as_many_questions_as_a_short_one(
    client: Client, alice: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    short, long = make_talk(alice, 4), make_talk(alice, LONG)
    with django_assert_num_queries(15) as one:
        client.get(f"/c/{short.pk}/")
    with django_assert_num_queries(len(one.captured_queries)):
        client.get(f"/c/{long.pk}/")
