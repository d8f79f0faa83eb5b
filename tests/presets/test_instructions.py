"""A person's own instructions: kept in the settings, said in every conversation that begins from then on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from conversations.beginning import ANYWHERE, Beginning
from conversations.history import build_prompt
from conversations.models import Conversation, Message, PersonalInstructions
from conversations.presets import MAX_INSTRUCTIONS, own_instructions
from conversations.services import send_message
from moderation.models import Action, Direction, SensitiveWord
from moderation.words import note_change

if TYPE_CHECKING:
    from django.test import Client

    from accounts.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("offered")]

PAGE = reverse("conversations:instructions")


def begin(user: User, client_id: str = "first", *, beginning: Beginning = ANYWHERE) -> Message:
    return send_message(
        user,
        client_id=client_id,
        conversation_id=None,
        parent_id=None,
        text="Why?",
        model="openai/plain",
        beginning=beginning,
    ).reply


def said(reply: Message) -> list[str]:
    return [one.content for one in build_prompt(reply).request.messages if one.role == "system"]


def test_instructions_are_kept_and_shown(client: Client, alice: User, bob: User) -> None:
    client.force_login(alice)
    page = client.post(PAGE, {"text": "Call me Al.\n\nBe brief."}, follow=True).content.decode()
    assert "Your instructions are saved." in page
    assert "Call me Al." in page
    assert own_instructions(alice).splitlines() == ["Call me Al.", "", "Be brief."]
    assert own_instructions(bob) == ""
    client.post(PAGE, {"text": ""})
    assert own_instructions(alice) == ""
    assert PersonalInstructions.objects.count() == 1


def test_instructions_are_said_where_a_conversation_begins_after_them(alice: User) -> None:
    before = begin(alice)
    PersonalInstructions.objects.create(user=alice, text="Be brief.")
    after, temporary = begin(alice, "second"), begin(alice, "third", beginning=Beginning(is_temporary=True))
    assert said(before) == []
    assert said(after) == ["Be brief."]
    assert said(temporary) == ["Be brief."]
    PersonalInstructions.objects.update(text="Be long.")
    assert said(Message.objects.get(pk=after.pk)) == ["Be brief."]


def test_instructions_that_are_too_long_are_refused_and_stay_in_the_form(client: Client, alice: User) -> None:
    client.force_login(alice)
    page = client.post(PAGE, {"text": "long " * MAX_INSTRUCTIONS})
    assert page.status_code == 200
    assert "long long" in page.content.decode()
    assert own_instructions(alice) == ""


def test_instructions_with_listed_words_are_refused(client: Client, alice: User) -> None:
    SensitiveWord.objects.create(pattern="rascal", action=Action.BLOCK, direction=Direction.INPUT)
    note_change()
    client.force_login(alice)
    assert "words that are not used here" in client.post(PAGE, {"text": "Speak like a rascal."}).content.decode()
    assert own_instructions(alice) == ""


def test_instructions_go_with_their_person(alice: User) -> None:
    PersonalInstructions.objects.create(user=alice, text="Be brief.")
    begin(alice)
    alice.delete()
    assert not PersonalInstructions.objects.exists()
    assert not Conversation.objects.exists()
