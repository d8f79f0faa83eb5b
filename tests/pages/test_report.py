"""Reporting an answer to the operators."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from conversations.models import Conversation, Message, ReplyChunk, Role, Status
from moderation.models import Incident, Kind, State
from tests.support.factories import make_conversation, make_message

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponse

    from accounts.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def answer(alice: User, client: Client) -> Message:
    client.force_login(alice)
    talk = make_conversation(alice)
    make_message(talk, "A question")
    return make_message(talk, "An answer", role=Role.ASSISTANT)


def report(client: Client, reply_id: UUID, **fields: str) -> HttpResponse:
    url = reverse("conversations:report", args=[reply_id])
    return client.post(url, fields, headers={"Accept": "application/json"})  # type: ignore[return-value]


def test_report_is_an_open_incident_with_the_answer(client: Client, alice: User, answer: Message) -> None:
    told = report(client, answer.pk, reason="Wrong or made up", remark="There is no such river.")
    assert json.loads(told.content) == {"reply": str(answer.pk)}
    incident = Incident.objects.get()
    assert (incident.kind, incident.state, incident.person, incident.subject) == (
        Kind.REPORT,
        State.OPEN,
        alice,
        answer.pk,
    )
    assert (incident.category, incident.matched, incident.remark) == (
        "Wrong or made up",
        "An answer",
        "There is no such river.",
    )


def test_report_needs_no_reason_and_counts_once(client: Client, answer: Message) -> None:
    assert report(client, answer.pk).status_code == 200
    assert report(client, answer.pk, reason="Something else").status_code == 200
    assert Incident.objects.get().category == ""


def test_report_of_a_reply_in_flight_keeps_what_is_saved_of_it(client: Client, answer: Message) -> None:
    Message.objects.filter(pk=answer.pk).update(status=Status.STREAMING, content="")
    ReplyChunk.objects.create(reply=answer, offset=0, text="Half an")
    report(client, answer.pk)
    assert Incident.objects.get().matched == "Half an"


@pytest.mark.parametrize(
    "fields", [{"reason": "Because"}, {"remark": "x" * 1001}, {"remark": "a\0b"}], ids=["reason", "length", "nul"]
)
def test_report_refuses_nonsense(client: Client, answer: Message, fields: dict[str, str]) -> None:
    told = report(client, answer.pk, **fields)
    assert told.status_code == 400
    assert json.loads(told.content)["error"]["code"] == "bad_request"
    assert not Incident.objects.exists()


def test_report_is_only_for_answers_one_may_read(client: Client, bob: User, answer: Message) -> None:
    question = answer.parent
    assert question is not None
    assert report(client, question.pk).status_code == 404
    assert report(client, uuid4()).status_code == 404
    client.force_login(bob)
    assert report(client, answer.pk).status_code == 404
    client.logout()
    assert report(client, answer.pk).status_code == 302
    assert not Incident.objects.exists()


def test_report_of_a_deleted_conversation_is_not_found(client: Client, answer: Message) -> None:
    Conversation.objects.update(deleted_at="2026-01-01T00:00:00Z")
    assert report(client, answer.pk).status_code == 404


def test_report_needs_the_csrf_token_and_a_post(alice: User, answer: Message) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice)
    assert report(strict, answer.pk).status_code == 403
    assert strict.get(reverse("conversations:report", args=[answer.pk])).status_code == 405
    assert not Incident.objects.exists()
