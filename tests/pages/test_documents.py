"""One answer, opened as a document."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.urls import reverse

from conversations.models import Role, Status
from tests.support.factories import make_conversation, make_message, make_user

if TYPE_CHECKING:
    from uuid import UUID

    from django.test import Client

pytestmark = pytest.mark.django_db


def address(message: UUID) -> str:
    return reverse("conversations:document", args=[message])


def test_answer_is_shown_by_itself(client: Client) -> None:
    talk = make_conversation(make_user(), "Bread & salt")
    make_message(talk, "How?")
    answer = make_message(talk, "**So**", html="<p><strong>So</strong></p>", role=Role.ASSISTANT, model="demo/demo")
    client.force_login(talk.user)
    page = client.get(address(answer.pk)).content.decode()
    assert "<title>Bread &amp; salt</title>" in page
    assert '<div class="message-body prose" dir="auto"><p><strong>So</strong></p></div>' in page
    assert f'href="{reverse("conversations:detail", args=[talk.pk])}?message={answer.pk}#m-{answer.pk}"' in page
    assert "How?" not in page
    assert "was not finished" not in page


def test_unfinished_answer_is_shown_as_far_as_it_is_written(client: Client) -> None:
    talk = make_conversation(make_user())
    make_message(talk)
    answer = make_message(talk, role=Role.ASSISTANT, content="", status=Status.STREAMING, heartbeat_at=None)
    answer.chunks.create(offset=0, text="One\n\nTwo", blocks=["<p>One</p>"], upto=5)
    client.force_login(talk.user)
    page = client.get(address(answer.pk)).content.decode()
    assert "<p>One</p>" in page
    assert '<div class="message-tail" dir="auto">Two</div>' in page
    assert "This answer was not finished." in page


def test_only_answers_of_ones_own_are_there(client: Client) -> None:
    talk = make_conversation(make_user())
    question = make_message(talk)
    answer = make_message(talk, role=Role.ASSISTANT)
    client.force_login(talk.user)
    assert client.get(address(question.pk)).status_code == 404
    assert client.get(address(uuid4())).status_code == 404
    assert client.post(address(answer.pk)).status_code == 405
    client.force_login(make_user())
    assert client.get(address(answer.pk)).status_code == 404
    client.logout()
    assert client.get(address(answer.pk)).status_code == 302
