"""What people think of answers: their own only, changed and taken back; sums without words for operators."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse
from django.utils import timezone

from chatproject.errors import BadRequest, Conflict, NotFound
from conversations.models import Message, Rating, RatingReason, Role, Status
from conversations.rating import rate_reply, sum_ratings
from providers.models import UsageRecord
from tests.support.factories import make_conversation, make_message, make_user

if TYPE_CHECKING:
    from django.test import Client

    from accounts.models import User

pytestmark = pytest.mark.django_db
GOOD, BAD = Rating.GOOD, Rating.BAD


def make_reply(user: User, **fields: Any) -> Message:
    talk = make_conversation(user)
    make_message(talk, "Why?")
    reply = make_message(talk, "A secret", **{"role": Role.ASSISTANT, "model": "demo/demo", **fields})
    UsageRecord.objects.create(user=user, subject=reply.pk, model=reply.model)
    return reply


def test_rating_is_noted_changed_and_taken_back(alice: User) -> None:
    reply = make_reply(alice)
    steps = [(GOOD, RatingReason.CLEAR), (BAD, RatingReason.WRONG), (BAD, ""), (None, "")]
    for rating, reason in steps:
        rate_reply(alice, reply.pk, rating=rating, reason=reason)
        reply.refresh_from_db()
        assert (reply.rating, reply.rating_reason) == (rating, reason)


@pytest.mark.parametrize(
    ("rating", "reason"), [(GOOD, RatingReason.WRONG), (BAD, RatingReason.CLEAR), (None, RatingReason.WRONG)]
)
def test_reason_is_one_for_this_rating(alice: User, rating: int | None, reason: str) -> None:
    reply = make_reply(alice)
    with pytest.raises(BadRequest):
        rate_reply(alice, reply.pk, rating=rating, reason=reason)


def test_only_own_answers_that_have_ended_are_rated(alice: User) -> None:
    reply = make_reply(alice)
    assert reply.parent is not None
    with pytest.raises(NotFound):
        rate_reply(make_user(), reply.pk, rating=GOOD)
    with pytest.raises(NotFound):
        rate_reply(alice, reply.parent.pk, rating=GOOD)
    with pytest.raises(Conflict):
        rate_reply(alice, make_reply(alice, status=Status.STREAMING).pk, rating=GOOD)
    assert not Message.objects.exclude(rating=None).exists()


def test_page_rates_by_a_form(client: Client, alice: User) -> None:
    reply = make_reply(alice)
    client.force_login(alice)
    address = reverse("conversations:rate", args=[reply.pk])
    told = client.post(address, {"rating": "-1", "reason": "wrong"}).json()
    assert told == {"reply": str(reply.pk), "rating": -1, "reason": "wrong"}
    shown = client.get(reverse("conversations:detail", args=[reply.conversation_id])).content.decode()
    assert 'data-rating="-1" aria-pressed="true"' in shown
    assert 'data-reason="wrong"' in shown
    assert client.post(address, {"rating": "2"}, headers={"Accept": "application/json"}).status_code == 400
    assert client.post(address, {}).json()["rating"] is None


def test_sums_are_by_model_and_reason_of_what_is_new_and_not_deleted(alice: User) -> None:
    now = timezone.now()
    for rating, reason in [(GOOD, ""), (GOOD, "clear"), (BAD, "wrong"), (BAD, "wrong")]:
        make_reply(alice, rating=rating, rating_reason=reason)
    make_reply(alice, rating=GOOD, model="demo/other")
    make_reply(alice, rating=GOOD, created_at=now - timedelta(days=40))
    make_reply(alice, rating=GOOD, deleted_at=now)
    first, second = sum_ratings(now - timedelta(days=30))
    assert (first.model, first.good, first.bad, first.percent) == ("demo/demo", 2, 2, 50)
    assert first.reasons == [("Not correct", 2), ("Clear", 1)]
    assert (second.model, second.good, second.bad) == ("demo/other", 1, 0)


def test_sums_leave_out_answers_that_no_model_gave_here(alice: User) -> None:
    make_reply(alice, rating=GOOD)
    UsageRecord.objects.all().delete()
    assert sum_ratings(timezone.now() - timedelta(days=30)) == []


def test_operators_see_sums_and_no_words(client: Client, alice: User) -> None:
    make_reply(alice, rating=BAD, rating_reason="missed")
    client.force_login(make_user(is_staff=True, is_superuser=True))
    shown = client.get(reverse("admin:conversations_conversation_ratings")).content.decode()
    assert "Not what I asked 1" in shown
    assert "secret" not in shown
    assert alice.email not in shown
