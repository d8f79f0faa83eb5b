"""Temporary conversations: found by nobody while they last, and gone without a word when they end."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.apps import apps
from django.db.models import CharField, TextField
from django.utils import timezone

from chatproject.database import in_database
from chatproject.errors import NotFound
from conversations import broadcast, generation, services
from conversations.announcing import announce
from conversations.arranging import TEMPORARY_PERIOD, end_temporary, remove_forgotten_temporary
from conversations.beginning import Beginning
from conversations.library import Place, list_page, list_sidebar
from conversations.models import Conversation, Message, Role, Status
from conversations.origins import find_answer
from conversations.selectors import find_newest_conversation, get_conversation, own_messages
from faq.entries import save_entry
from faq.models import Entry
from providers.models import UsageRecord
from tests.conversations.asking import PATIENCE, Onlooker
from tests.support.factories import make_conversation, make_message

if TYPE_CHECKING:
    from accounts.models import User
    from conversations.questions import Turn

SECRET = "zanzibar"


def begin(user: User, text: str = SECRET, model: str = "demo/demo") -> Turn:
    return services.send_message(
        user,
        client_id=uuid4().hex,
        conversation_id=None,
        parent_id=None,
        text=text,
        model=model,
        beginning=Beginning(is_temporary=True),
    )


def places_of(words: str) -> list[str]:
    """Name the columns of the whole database in which the words stand."""
    found = []
    for model in apps.get_models():
        for field in model._meta.get_fields():
            if isinstance(field, CharField | TextField) and not model._meta.proxy:
                rows = model._default_manager.filter(**{f"{field.name}__contains": words})
                found += [f"{model.__name__}.{field.name}"] if rows.exists() else []
    return found


@pytest.mark.django_db
def test_temporary_conversation_has_no_title_and_is_in_no_list(alice: User) -> None:
    turn = begin(alice)
    assert turn.conversation.title == ""
    assert list_sidebar(alice).conversations == []
    assert find_newest_conversation(alice) is None
    assert [list_page(alice, Place(shelf=shelf)).conversations for shelf in ("", "archived", "deleted")] == [[], [], []]
    assert not own_messages(alice).exists()
    assert get_conversation(alice, turn.conversation.pk) == turn.conversation


@pytest.mark.django_db
def test_end_leaves_no_word_anywhere_but_the_count_in_the_ledger(alice: User) -> None:
    turn = begin(alice)
    make_message(turn.conversation, SECRET, role=Role.ASSISTANT, reasoning=SECRET)
    assert "Message.content" in places_of(SECRET)
    end_temporary(turn.conversation)
    assert not Conversation.objects.exists()
    assert places_of(SECRET) == []
    assert UsageRecord.objects.filter(subject=turn.reply.pk).exists()


@pytest.mark.django_db
def test_only_temporary_conversations_end_so(alice: User) -> None:
    with pytest.raises(NotFound):
        end_temporary(make_conversation(alice))
    assert Conversation.objects.count() == 1


@pytest.mark.django_db
def test_forgotten_temporary_conversations_are_removed_and_no_others(alice: User) -> None:
    old = timezone.now() - TEMPORARY_PERIOD - timedelta(seconds=1)
    make_conversation(alice, "ordinary", updated_at=old)
    make_conversation(alice, "fresh", is_temporary=True)
    make_conversation(alice, "forgotten", is_temporary=True, updated_at=old)
    running = make_conversation(alice, "running", is_temporary=True, updated_at=old)
    make_message(running, "", role=Role.ASSISTANT, status=Status.STREAMING)
    remove_forgotten_temporary()
    assert set(Conversation.objects.values_list("title", flat=True)) == {"ordinary", "fresh", "running"}


@pytest.mark.django_db
def test_temporary_question_is_for_the_model_alone(alice: User) -> None:
    save_entry(Entry(question="What is it?", answer="This."))
    for is_temporary in (False, True):
        talk = Conversation(user=alice, is_temporary=is_temporary)
        question = Message(conversation=talk, role=Role.USER, content="What is it?")
        found = find_answer(question, Message(conversation=talk, parent=question, model="demo/demo"))
        assert (found is None) == is_temporary


@pytest.mark.django_db(transaction=True)
async def test_end_while_an_answer_is_written_stops_it_and_nothing_comes_back(asker: User) -> None:
    turn = await in_database(begin, asker, f"{SECRET} [[fake: endless delay=0.02]]", "openai/gpt-5.5")
    onlooker = Onlooker()
    await broadcast.hub.join(broadcast.conversation(turn.conversation.pk), onlooker)
    await announce(turn)
    generation.start(turn)
    await onlooker.wait_for("reply.delta")
    await generation.save_runs()
    await in_database(end_temporary, turn.conversation)
    generation.stop(turn.reply.pk)
    await generation.drain(PATIENCE)
    assert await in_database(Message.objects.count) == 0
    assert await in_database(places_of, SECRET) == []
    record = await in_database(UsageRecord.objects.get, subject=turn.reply.pk)
    assert record.settled_at is not None
