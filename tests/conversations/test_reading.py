"""Operators who read what people said: only with the right to, with a reason, and never unnoticed."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.urls import reverse

from audit.models import Entry
from chatproject.errors import BadRequest, Forbidden, NotFound
from conversations.models import Conversation, Message, Preset, ReplyChunk, Role, Status
from conversations.reading import read_conversation
from tests.support.factories import make_conversation, make_message, make_user

if TYPE_CHECKING:
    from django.test import Client

    from accounts.models import User

pytestmark = pytest.mark.django_db

LIST = reverse("admin:conversations_conversation_changelist")
SECRET = "a word only for alice"


@pytest.fixture
def talk(alice: User) -> Conversation:
    talk = make_conversation(alice, f"Title: {SECRET}", instructions=f"Instructions: {SECRET}", model="openai/gpt-5.5")
    make_message(talk, f"Question: {SECRET}", html=f"<p>Question: {SECRET}</p>")
    make_message(
        talk, "Answer", html="<p>The <strong>answer</strong></p>", role=Role.ASSISTANT, reasoning="<i>Thought</i>"
    )
    return talk


def operator(*codenames: str) -> User:
    person = make_user(is_staff=True)
    person.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return person


def page_of(talk: Conversation) -> str:
    return reverse("admin:conversations_conversation_read", args=[talk.pk])


def test_words_are_shown_after_a_reason_and_each_look_is_an_entry(client: Client, talk: Conversation) -> None:
    reader = operator("read_conversation")
    client.force_login(reader)
    asked = client.get(page_of(talk)).content.decode()
    assert SECRET not in asked
    assert not Entry.objects.exists()
    for number in (1, 2):
        shown = client.post(page_of(talk), {"reason": f"Report {number}"}).content.decode()
        assert f"Title: {SECRET}" in shown
        assert "<p>The <strong>answer</strong></p>" in shown
        assert "&lt;i&gt;Thought" in shown
    first, second = Entry.objects.order_by("id")
    assert (first.actor_label, first.action, first.target_id) == (reader.email, "read conversation", str(talk.pk))
    assert first.changes == {"reason": "Report 1", "person": talk.user.email}
    assert second.changes["reason"] == "Report 2"
    assert SECRET not in str(Entry.objects.values_list())


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501, "\u200b", "\u3164", "\u202e . \u2800"])
def test_without_a_reason_nothing_is_shown(client: Client, talk: Conversation, reason: str) -> None:
    client.force_login(operator("read_conversation"))
    assert SECRET not in client.post(page_of(talk), {"reason": reason}).content.decode()
    assert not Entry.objects.exists()


def test_reading_takes_a_right_of_its_own(client: Client, talk: Conversation) -> None:
    question = talk.messages.get(role=Role.USER)
    find = reverse("admin:conversations_conversation_of", args=[question.pk])
    client.force_login(operator("view_conversation", "change_conversation", "change_incident", "view_user"))
    assert client.post(page_of(talk), {"reason": "I am curious"}).status_code == 403
    assert client.get(find).status_code == 403
    client.force_login(make_user())
    assert client.post(page_of(talk), {"reason": "I am curious"}).status_code == 302
    assert not Entry.objects.exists()


def test_operators_pages_hold_no_words(client: Client, talk: Conversation) -> None:
    client.force_login(operator("view_conversation", "view_user", "delete_user"))
    pages = [
        LIST,
        f"{LIST}?q={talk.user.email}",
        reverse("admin:conversations_conversation_change", args=[talk.pk]),
        reverse("admin:accounts_user_change", args=[talk.user_id]),
        reverse("admin:accounts_user_delete", args=[talk.user_id]),
    ]
    for page in pages:
        answer = client.get(page)
        assert SECRET not in answer.content.decode(), page


def test_no_list_and_no_row_of_the_admin_shows_words(client: Client, talk: Conversation) -> None:
    client.force_login(make_user(is_staff=True, is_superuser=True))
    Preset.objects.create(user=talk.user, name=SECRET, model="demo/demo", instructions=SECRET)
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        pages = [reverse(f"{name}_changelist")]
        if first := model._base_manager.first():
            pages.append(reverse(f"{name}_change", args=[first.pk]))
        for page in pages:
            assert SECRET not in client.get(page, follow=True).content.decode(), page


def test_conversation_is_found_by_person_id_and_message(client: Client, talk: Conversation) -> None:
    client.force_login(make_user(is_staff=True, is_superuser=True))
    make_conversation(make_user())
    message = talk.messages.get(role=Role.USER)
    for term in (talk.user.email.upper(), str(talk.pk), str(message.pk)):
        found = client.get(LIST, {"q": term}).content.decode()
        assert str(talk.pk) in found
        assert "1 conversation" in found
    assert "0 conversations" in client.get(LIST, {"q": "word"}).content.decode()
    find = reverse("admin:conversations_conversation_of", args=[message.pk])
    marked = client.post(client.get(find).headers["Location"], {"reason": "Report"}).content.decode()
    assert "this is the one" in marked
    assert client.get(reverse("admin:conversations_conversation_of", args=[uuid4()])).status_code == 404


def test_conversations_are_not_changed_by_operators(client: Client, talk: Conversation) -> None:
    client.force_login(make_user(is_staff=True, is_superuser=True))
    change = reverse("admin:conversations_conversation_change", args=[talk.pk])
    assert client.post(change, {"model": "demo/demo"}).status_code == 403
    assert client.get(reverse("admin:conversations_conversation_add")).status_code == 403
    assert client.post(reverse("admin:conversations_conversation_delete", args=[talk.pk])).status_code == 403


def test_reading_has_every_branch_the_words_in_flight_and_deleted_ones(talk: Conversation) -> None:
    question = talk.messages.get(role=Role.USER)
    running = make_message(talk, "", parent=question, role=Role.ASSISTANT, status=Status.STREAMING)
    ReplyChunk.objects.create(reply=running, offset=0, text="Half an")
    Conversation.objects.update(deleted_at="2026-01-01T00:00:00Z")
    reading = read_conversation(operator("read_conversation"), talk.pk, reason="Report")
    assert [shown.text for shown in reading.messages] == [f"Question: {SECRET}", "Answer", "Half an"]
    assert not reading.is_cut


def test_reading_of_a_very_long_one_shows_its_newest_part(talk: Conversation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conversations.reading.BRANCH_LIMIT", 1)
    reading = read_conversation(operator("read_conversation"), talk.pk, reason="Report")
    assert [shown.text for shown in reading.messages] == ["Answer"]
    assert reading.is_cut
    assert Message.objects.count() == 2


def test_service_refuses_strangers_no_reason_and_what_is_not_there(talk: Conversation, bob: User) -> None:
    with pytest.raises(Forbidden):
        read_conversation(bob, talk.pk, reason="Curious")
    with pytest.raises(BadRequest):
        read_conversation(operator("read_conversation"), talk.pk, reason="  ")
    with pytest.raises(NotFound):
        read_conversation(operator("read_conversation"), uuid4(), reason="Report")
    assert not Entry.objects.exists()
