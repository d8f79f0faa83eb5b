"""Sensitive words in what people write: checked before anything is stored or passed on."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from conversations import arranging, services
from conversations.history import build_prompt
from conversations.models import Conversation, Message, Preset
from conversations.preset_forms import OwnPresetForm
from moderation.models import Action, Direction, Incident
from moderation.services import BlockedWords
from moderation.words import word_list
from providers.gateway import get_gateway
from tests.moderation.rows import add_word
from tests.support.factories import make_conversation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from accounts.models import User
    from conversations.questions import Turn

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_list() -> Iterator[None]:
    word_list.forget()
    get_gateway.cache_clear()
    yield
    word_list.forget()


def send(user: User, text: str, client_id: str = "") -> Turn:
    return services.send_message(
        user, client_id=client_id or uuid4().hex, conversation_id=None, parent_id=None, text=text, model="demo/demo"
    )


def test_blocked_message_is_refused_kindly_and_nothing_is_stored(alice: User) -> None:
    add_word("badword")
    with pytest.raises(BlockedWords) as refused:
        send(alice, "You b\u00adаdword, you")
    assert "insults" in refused.value.message
    assert "draft is kept" in refused.value.message
    assert "badword" not in refused.value.message
    assert not Conversation.objects.exists()
    incident = Incident.objects.get()
    assert (incident.person, incident.subject, incident.matched) == (alice, None, "b\u00adаdword")
    assert (incident.before, incident.after) == ("You ", ", you")


def test_masked_message_is_stored_told_and_sent_as_bullets(alice: User) -> None:
    add_word("badword", Action.MASK)
    turn = send(alice, "You badword, you")
    assert turn.question.content == "You •••••••, you"
    assert "badword" not in turn.question.html + turn.conversation.title
    assert build_prompt(turn.reply).request.messages[-1].content == "You •••••••, you"
    assert Incident.objects.get().subject == turn.question.pk


def test_flagged_message_passes_and_is_recorded_once(alice: User) -> None:
    add_word("badword", Action.FLAG)
    turn = send(alice, "You badword", client_id="one")
    again = send(alice, "You badword", client_id="one")
    assert (again.is_new, again.question.content) == (False, "You badword")
    assert [incident.subject for incident in Incident.objects.all()] == [turn.question.pk]


def test_edit_is_checked_too(alice: User) -> None:
    turn = send(alice, "Hello")
    Message.objects.filter(pk=turn.reply.pk).update(status="complete")
    add_word("badword")
    with pytest.raises(BlockedWords):
        services.edit_message(alice, client_id="edit", message_id=turn.question.pk, text="badword", model="demo/demo")
    assert Message.objects.filter(content="badword").count() == 0


def test_word_for_answers_only_may_be_written(alice: User) -> None:
    add_word("badword", direction=Direction.OUTPUT)
    assert send(alice, "badword").question.content == "badword"
    assert not Incident.objects.exists()


def test_title_that_a_person_gives_is_checked(alice: User) -> None:
    talk = make_conversation(alice)
    add_word("badword", Action.MASK)
    add_word("worse")
    assert arranging.rename_conversation(talk, title="My badword talk").title == "My ••••••• talk"
    with pytest.raises(BlockedWords):
        arranging.rename_conversation(talk, title="My worse talk")
    assert Conversation.objects.get(pk=talk.pk).title == "My ••••••• talk"
    assert Incident.objects.count() == 2


def test_instructions_of_a_preset_are_checked(alice: User) -> None:
    add_word("badword", Action.MASK)
    add_word("worse")
    written = {"name": "Worse", "model": "demo/demo", "instructions": "Say badword."}
    refused = OwnPresetForm(written, user=alice, instance=Preset(user=alice, model="demo/demo"))
    assert list(refused.errors) == ["name"]
    form = OwnPresetForm({**written, "name": "Mine"}, user=alice, instance=Preset(user=alice, model="demo/demo"))
    assert form.is_valid(), form.errors
    assert form.save().instructions == "Say •••••••."
    assert [incident.pattern for incident in Incident.objects.order_by("pk")] == ["worse", "badword"]


def test_form_of_a_preset_that_is_not_right_makes_no_incident(alice: User) -> None:
    add_word("badword", Action.MASK)
    written = {"name": "Mine", "model": "demo/demo", "instructions": "Say badword.", "temperature": "hot"}
    mine = Preset(user=alice, model="demo/demo")
    for _ in range(3):
        assert list(OwnPresetForm(written, user=alice, instance=mine).errors) == ["temperature"]
    assert not Incident.objects.exists()
    assert OwnPresetForm({**written, "temperature": ""}, user=alice, instance=mine).is_valid()
    assert Incident.objects.count() == 1
