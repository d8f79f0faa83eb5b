"""Writes that ask no model: what a person does to their list of conversations."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import limits
from chatproject.errors import BadRequest, NotFound
from conversations import broadcast
from conversations.branches import hold_messages
from conversations.models import Conversation, Message, Status, TitleSource
from conversations.protocol import ConversationChanged
from conversations.rendering import plain_title
from moderation.services import screen_writing

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet

UNDO_PERIOD = timedelta(hours=1)
TEMPORARY_PERIOD = timedelta(hours=1)


def rename_conversation(conversation: Conversation, *, title: str) -> Conversation:
    """Give a conversation a person's title, which nothing replaces.

    Raises BadRequest, TooManyRequests or BlockedWords.
    """
    plain = plain_title(title)
    if not plain:
        raise BadRequest(_("A title needs at least one visible character."))
    limits.require(limits.WRITINGS, conversation.user_id, settings.RATE_LIMIT_MESSAGES)
    return _change(conversation, title=screen_writing(conversation.user, plain), title_source=TitleSource.PERSON)


def delete_conversation(conversation: Conversation) -> Conversation:
    """Take a conversation away; it can be restored until the sweep removes it, after UNDO_PERIOD."""
    with transaction.atomic():
        running = _hold_with_running(conversation)
        Message.objects.filter(pk__in=running).update(stop_requested_at=timezone.now())
        return _change(conversation, deleted_at=timezone.now())


def take_away(conversation: Conversation) -> None:
    """Delete a conversation as its kind is: one that is kept can be restored for a while, a temporary one is gone."""
    if conversation.is_temporary:
        end_temporary(conversation)
    else:
        delete_conversation(conversation)


def restore_conversation(conversation: Conversation) -> Conversation:
    return _change(conversation, deleted_at=None)


def remove_deleted_conversations() -> int:
    """Remove for good what was deleted longer than UNDO_PERIOD ago; returns how many rows went."""
    return _remove(Conversation.objects.filter(deleted_at__lt=timezone.now() - UNDO_PERIOD))


def end_temporary(conversation: Conversation) -> None:
    """Remove a temporary conversation with all that was said in it, at once and for good; raises NotFound for others.

    What is still being written is told to stop. The ledger keeps what the answers cost, without a word of them.
    """
    if not conversation.is_temporary:
        raise NotFound(_("This conversation is not a temporary one."))
    with transaction.atomic():
        for reply in _hold_with_running(conversation):
            broadcast.ask_to_stop_soon(reply)
        _remove(Conversation.objects.filter(pk=conversation.pk))


def remove_forgotten_temporary() -> int:
    """Remove the temporary conversations that nobody went on with for TEMPORARY_PERIOD; returns how many rows went."""
    due = Conversation.objects.filter(is_temporary=True, updated_at__lt=timezone.now() - TEMPORARY_PERIOD)
    return _remove(due.exclude(messages__status=Status.STREAMING))


def _remove(conversations: QuerySet[Conversation]) -> int:
    with transaction.atomic():
        # Held before they go: what is brought back, or gone on with, at this moment stays.
        due = Conversation.objects.filter(pk__in=_hold(conversations))
        due.update(leaf=None)
        return due.delete()[0]


def _hold(rows: QuerySet[Any]) -> list[UUID]:
    return list(rows.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True))


def _hold_with_running(conversation: Conversation) -> list[UUID]:
    """Hold a conversation and then the replies in flight in it, whose ids are returned."""
    _hold(Conversation.objects.filter(pk=conversation.pk))
    return hold_messages(conversation.messages.filter(status=Status.STREAMING))


def remove_deleted_messages() -> int:
    """Remove for good the messages that were deleted longer than UNDO_PERIOD ago; returns how many rows went.

    The branch on show never ends in one of them.
    """
    with transaction.atomic():
        due = _hold(Message.objects.filter(deleted_at__lt=timezone.now() - UNDO_PERIOD))
        return Message.objects.filter(pk__in=due).delete()[0]


def describe_conversation(conversation: Conversation, *, running: bool) -> ConversationChanged:
    """Say what the sidebar shows of a conversation."""
    return ConversationChanged(
        conversation=conversation.pk,
        title=conversation.title,
        updated_at=conversation.updated_at.isoformat(),
        pinned=conversation.pinned_at is not None,
        archived=conversation.archived_at is not None,
        deleted=conversation.deleted_at is not None,
        running=running,
        folder=conversation.folder_id,
        temporary=conversation.is_temporary,
    )


def _change(conversation: Conversation, **values: str | datetime | None) -> Conversation:
    for name, value in values.items():
        setattr(conversation, name, value)
    conversation.save(update_fields=list(values))
    return tell_of_conversation(conversation)


def tell_of_conversation(conversation: Conversation) -> Conversation:
    """Tell every tab of its person, after the commit, what the list shows of a conversation."""
    running = conversation.messages.filter(status=Status.STREAMING).exists()
    frame = describe_conversation(conversation, running=running)
    broadcast.send_soon(broadcast.person(conversation.user_id), frame)
    return conversation
