"""Long talks: a page shows a part of them, whatever their length, and leads to the others."""

from __future__ import annotations

import re
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


def shown(client: Client, address: str) -> tuple[list[int], str | None]:
    """Give the numbers of the messages on a page, and the address of the earlier ones."""
    page = client.get(address).content.decode().partition("<template")[0]
    numbers = [int(found) for found in re.findall(r'autocomplete="off">\n(\d+)</textarea>', page)]
    earlier = re.search(r'<p class="earlier"><a href="([^"]+)"', page)
    return numbers, earlier[1] if earlier else None


def test_pages_of_a_long_talk_hold_everything_once(client: Client, alice: User) -> None:
    talk = make_talk(alice, LONG)
    seen: list[int] = []
    address: str | None = f"/c/{talk.pk}/"
    while address:
        numbers, address = shown(client, address)
        assert len(numbers) <= WINDOW
        seen = numbers + seen
    assert seen == list(range(LONG))


def test_short_talk_is_on_one_page(client: Client, alice: User) -> None:
    assert shown(client, f"/c/{make_talk(alice, WINDOW).pk}/") == (list(range(WINDOW)), None)


@pytest.mark.parametrize(
    ("number", "is_newest"), [(0, False), (WINDOW, False), (LONG - WINDOW, True), (LONG - 1, True)]
)
def test_message_is_shown_with_what_is_around_it(client: Client, alice: User, number: int, *, is_newest: bool) -> None:
    talk = make_talk(alice, LONG)
    message = talk.messages.get(content=str(number))
    address = f"/c/{talk.pk}/?message={message.pk}"
    assert number in shown(client, address)[0]
    assert ("Newest messages" not in client.get(address).content.decode()) is is_newest


def test_earlier_part_of_what_is_not_there_is_not_there(client: Client, alice: User, bob: User) -> None:
    talk = make_talk(alice, 3)
    foreign = make_message(make_conversation(bob))
    elsewhere = make_message(make_conversation(alice))
    deleted = make_message(talk, "deleted", deleted_at=timezone.now())
    first = talk.messages.get(content="0")
    for wanted in (foreign.pk, elsewhere.pk, deleted.pk, first.pk, uuid4(), "x", "' OR 1=1"):
        assert client.get(f"/c/{talk.pk}/", {"before": str(wanted)}).status_code == 404


def test_long_talk_costs_as_many_questions_as_a_short_one(
    client: Client, alice: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    short, long = make_talk(alice, 4), make_talk(alice, LONG)
    with django_assert_num_queries(13) as one:
        client.get(f"/c/{short.pk}/")
    with django_assert_num_queries(len(one.captured_queries)):
        client.get(f"/c/{long.pk}/")
