"""The demonstration data: as much as was asked for, fit to be shown, and never among other people's."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from accounts.models import User
from audit.models import Entry as LogEntry
from conversations.models import Conversation, Message, Preset, Role
from faq.entries import find_entry
from faq.models import Entry
from moderation.models import Action, Incident, PersonalWarning, SensitiveWord
from moderation.services import check_text
from moderation.words import word_list
from providers.models import UsageRecord
from tests.support.factories import make_conversation, make_user

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db


def test_demo_makes_what_was_asked_for_over_the_last_days() -> None:
    call_command("seed_demo", messages=45, incidents=7)
    assert (Message.objects.count(), Incident.objects.count()) == (45, 7)
    assert UsageRecord.objects.count() == Message.objects.filter(role=Role.ASSISTANT).count()
    for model in (Message, Conversation, Incident, UsageRecord):
        made = model._default_manager.values_list("created_at", flat=True)
        assert min(made) < timezone.now() - timedelta(hours=1)
    connection.check_constraints()
    assert not any(person.has_usable_password() for person in User.objects.all())
    fresh = Conversation.objects.create(user=User.objects.all()[0], updated_at=timezone.now())
    assert timezone.now() - fresh.created_at < timedelta(minutes=1)


def test_demo_can_be_made_again_for_more() -> None:
    for _ in range(2):
        call_command("seed_demo", messages=10, incidents=1)
    assert (Message.objects.count(), Incident.objects.count()) == (20, 2)


def test_demo_keeps_away_from_what_people_said(alice: User) -> None:
    make_conversation(alice)
    with pytest.raises(CommandError, match="talked here already"):
        call_command("seed_demo", messages=10, incidents=1)
    assert not Message.objects.exists()
    call_command("seed_demo", messages=10, incidents=1, force=True)
    assert Message.objects.count() == 10


def test_demo_makes_what_operators_have_in_proportion() -> None:
    call_command("seed_demo", messages=2000, incidents=30)
    counts = [model._default_manager.count() for model in (SensitiveWord, Entry, PersonalWarning, LogEntry)]
    assert counts == [20, 2, 3, 201]
    assert find_entry("Question 1") is not None
    assert Preset.objects.filter(user__isnull=False).count() == User.objects.count() == 20
    SensitiveWord.objects.update(action=Action.FLAG)
    word_list.forget()
    assert check_text(User.objects.all()[0], "It is demo0000003 again.").findings
    word_list.forget()


def test_demo_gives_nothing_to_who_signed_up_with_such_an_address() -> None:
    stranger = make_user("person-1@demo.invalid")
    with pytest.raises(CommandError, match=r"person-1@demo.invalid can sign in"):
        call_command("seed_demo", messages=10, incidents=1, force=True)
    assert not Conversation.objects.filter(user=stranger).exists()


def test_demo_refuses_fewer_than_none() -> None:
    with pytest.raises(CommandError, match="number from 0"):
        call_command("seed_demo", messages=-1)


def test_demo_is_shown_to_operators(client: Client) -> None:
    call_command("seed_demo", messages=40, incidents=5)
    client.force_login(User.objects.create_superuser("chief@example.org"))
    assert "Open incidents" in client.get("/admin/").content.decode()
    assert client.get("/admin/moderation/incident/?state=all").context["cl"].result_count == 5
