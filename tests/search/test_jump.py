"""From what was found to where it stands: the page shows the message's branch, and nothing is changed by looking."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.utils import timezone

from conversations.models import Message, Role
from tests.support.factories import make_conversation, make_message

if TYPE_CHECKING:
    from django.test import Client

    from accounts.models import User
    from conversations.models import Conversation

pytestmark = pytest.mark.django_db


@pytest.fixture
def talk(client: Client, alice: User) -> Conversation:
    """Make a talk whose first answer was written twice; the second one is on show, and each has a question after it."""
    client.force_login(alice)
    talk = make_conversation(alice)
    question = make_message(talk, "asked")
    for number in ("first", "second"):
        reply = make_message(talk, f"{number} answer", role=Role.ASSISTANT, parent=question)
        make_message(talk, f"{number} thanks", parent=reply)
    return talk


def shown(client: Client, talk: Conversation, message: object) -> list[str]:
    answer = client.get(f"/c/{talk.pk}/", {"message": str(message)})
    assert answer.status_code == 200
    return [one.text for one in answer.context["branch"]]


def find(text: str) -> Message:
    return Message.objects.get(content=text)


def test_page_turns_to_the_branch_of_a_message(client: Client, talk: Conversation) -> None:
    leaf = talk.leaf_id
    assert shown(client, talk, find("first answer").pk) == ["asked", "first answer", "first thanks"]
    assert shown(client, talk, find("first thanks").pk) == ["asked", "first answer", "first thanks"]
    talk.refresh_from_db()
    assert talk.leaf_id == leaf


def test_page_stays_with_the_branch_on_show_where_the_message_is_in_it(client: Client, talk: Conversation) -> None:
    address = f"/c/{talk.pk}/"
    for text in ("asked", "second answer"):
        answer = client.get(address, {"message": str(find(text).pk)})
        assert [one.text for one in answer.context["branch"]] == ["asked", "second answer", "second thanks"]
        assert b"data-turned-to" not in answer.content
    turned = find("first answer").pk
    assert f'data-turned-to="{turned}"' in client.get(address, {"message": str(turned)}).content.decode()


def test_messages_of_other_places_are_not_there(client: Client, talk: Conversation, alice: User, bob: User) -> None:
    elsewhere = make_message(make_conversation(alice), "elsewhere").pk
    others = make_message(make_conversation(bob), "of bob").pk
    gone = find("first thanks")
    Message.objects.filter(pk=gone.pk).update(deleted_at=timezone.now())
    for message in (elsewhere, others, gone.pk, uuid4(), "nonsense", "'"):
        assert client.get(f"/c/{talk.pk}/", {"message": str(message)}).status_code == 404
