"""What a suspension ends: what somebody has begun, and what they begin at the same moment."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from accounts.models import User
from accounts.services import suspend_user
from chatproject.errors import DomainError, Forbidden
from conversations import services
from conversations.models import Message, Status
from tests.accounts.acting import at_once

if TYPE_CHECKING:
    from conversations.questions import Turn

pytestmark = pytest.mark.django_db(transaction=True)


def ask(user: User) -> Turn:
    return services.send_message(
        user, client_id=uuid4().hex, conversation_id=None, parent_id=None, text="Hi", model="demo/demo"
    )


def outcome(user: User) -> str:
    try:
        ask(user)
    except DomainError as error:
        return error.code
    return "asked"


def test_person_who_was_suspended_meanwhile_begins_nothing(alice: User) -> None:
    suspend_user(User.objects.get(pk=alice.pk))
    assert alice.is_active, "as whoever signed in before knows them"
    with pytest.raises(Forbidden):
        ask(alice)
    assert not Message.objects.exists()


def test_suspension_and_questions_of_the_same_moment_leave_no_reply_that_goes_on(alice: User) -> None:
    def act(number: int) -> str:
        person = User.objects.get(pk=alice.pk)
        return outcome(person) if number else str(suspend_user(person))

    outcomes = at_once(3, act)
    assert set(outcomes) <= {alice.email, "asked", "forbidden"}
    assert not Message.objects.filter(status=Status.STREAMING, stop_requested_at=None).exists()


def test_suspension_stops_the_replies_of_this_person_alone(alice: User, bob: User) -> None:
    own, other = ask(alice).reply, ask(bob).reply
    suspend_user(alice)
    stops = dict(Message.objects.values_list("pk", "stop_requested_at"))
    assert (stops[own.pk] is not None, stops[other.pk]) == (True, None)
