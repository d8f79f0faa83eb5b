"""Writes in the tree of messages that ask no model: another branch on show, a copy of one, a message taken away.

All of them hold the conversation's row, so they come before or after a turn and never into one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import limits
from chatproject.errors import Conflict, NotFound
from conversations import broadcast, frames
from conversations.arranging import tell_of_conversation
from conversations.attachments import keeper
from conversations.branches import branch_ids, find_tip, hold_messages, ids_below, list_beside
from conversations.models import Conversation, Message, Status
from conversations.presets import chosen_for
from conversations.selectors import branch_messages, get_conversation, get_deleted_message, get_message, get_reply

if TYPE_CHECKING:
    from uuid import UUID

    from accounts.models import User

LEFT_BEHIND = frozenset(
    {
        "id",
        "conversation",
        "parent",
        "client_id",
        "continued_by",
        "chosen_at",
        "deleted_at",
        "is_compared",
        "rating",
        "rating_reason",
        "heartbeat_at",
        "stop_requested_at",
    }
)
"""What is not copied into a fork: where a message stands, the commands that made it, what a person thought of it."""

FORK_LIMIT = 20_000
BATCH = 500


def show_branch(user: User, message_id: UUID) -> Conversation:
    """Put the branch of a message on show, down to the tip it showed last; raises NotFound."""
    with transaction.atomic():
        conversation = _hold(user, message_id)
        message = get_message(user, message_id)  # read again under the lock
        _choose(conversation, message.pk)
        return _show(conversation, find_tip(message.pk))


def keep_reply(user: User, reply_id: UUID) -> Conversation:
    """Put one of several answers that stand side by side on show; the others stay as its siblings. Raises NotFound.

    Where it stands alone, this only puts it on show.
    """
    with transaction.atomic():
        conversation = _hold(user, reply_id)
        reply = get_reply(user, reply_id)
        if list_beside(reply):
            siblings = hold_messages(Message.objects.filter(parent=reply.parent_id))
            Message.objects.filter(pk__in=siblings).update(is_compared=False)
            conversation.model = chosen_for(reply)
            conversation.save(update_fields=["model"])
        _choose(conversation, reply.pk)
        return _show(conversation, find_tip(reply.pk))


def fork_conversation(user: User, message_id: UUID) -> Conversation:
    """Copy the branch from its root to a message into a new conversation, which costs nothing and asks nobody.

    Raises NotFound, Conflict while the message is being written or where the branch is too long, TooManyRequests.
    """
    message = get_message(user, message_id)
    limits.require(limits.WRITINGS, user.pk, settings.RATE_LIMIT_MESSAGES)
    with transaction.atomic():
        origin = _hold(user, message.pk)
        branch = branch_messages(message.pk, FORK_LIMIT)
        if branch[0].parent_id:
            raise Conflict(_("This conversation is too long to be copied. Fork it at an earlier message."))
        if any(one.is_streaming for one in branch):
            raise Conflict(_("This answer is still being written. Wait for its end, or stop it first."))
        fork = Conversation.objects.create(
            user=user,
            title=origin.title,
            title_source=origin.title_source,
            model=origin.model,
            instructions=origin.instructions,
            folder=origin.folder,
            is_temporary=origin.is_temporary,
            updated_at=timezone.now(),
        )
        fork.leaf = _copy(branch, fork)
        fork.save(update_fields=["leaf"])
        return tell_of_conversation(fork)


def delete_message(user: User, message_id: UUID) -> Conversation:
    """Take a message away with all that hangs on it, in every branch; it can be restored for UNDO_PERIOD.

    What is still being written is told to stop. The branch on show becomes a sibling's, or ends before the message.
    """
    with transaction.atomic():
        conversation = _hold(user, message_id)
        message = get_message(user, message_id)
        gone = Message.objects.filter(pk__in=ids_below(message.pk), deleted_at=None)
        running = hold_messages(gone.filter(status=Status.STREAMING))
        Message.objects.filter(pk__in=running).update(stop_requested_at=timezone.now())
        gone.update(deleted_at=timezone.now())
        for reply in running:
            broadcast.ask_to_stop_soon(reply)
        if conversation.leaf_id and Message.objects.filter(pk=conversation.leaf_id, deleted_at=None).exists():
            return _show(conversation, conversation.leaf_id)
        return _show(conversation, _next_tip(message))


def restore_message(user: User, message_id: UUID) -> Conversation:
    """Bring back a message with what was deleted along with it, and show it; raises NotFound, Conflict."""
    with transaction.atomic():
        conversation = _hold_deleted(user, message_id)
        message = get_deleted_message(user, message_id)
        if message.parent and message.parent.deleted_at:
            raise Conflict(_("What this message hung on was deleted, too. Bring that back first."))
        together = Message.objects.filter(pk__in=ids_below(message.pk), deleted_at=message.deleted_at)
        together.update(deleted_at=None)
        _choose(conversation, message.pk)
        return _show(conversation, find_tip(message.pk))


def _hold(user: User, message_id: UUID) -> Conversation:
    return get_conversation(user, get_message(user, message_id).conversation_id, lock=True)


def _hold_deleted(user: User, message_id: UUID) -> Conversation:
    return get_conversation(user, get_deleted_message(user, message_id).conversation_id, lock=True)


def _choose(conversation: Conversation, message_id: UUID) -> None:
    """Note the choice at each fork on the way to a message where another sibling is on show."""
    shown = branch_ids(conversation.leaf_id) if conversation.leaf_id else []
    chosen = {message_id, *branch_ids(message_id)} - (set(shown) - {message_id})
    Message.objects.filter(pk__in=chosen).update(chosen_at=timezone.now())


def _next_tip(message: Message) -> UUID | None:
    """Find what is on show without a message: what its newest sibling showed, or else what stood before it."""
    siblings = Message.objects.filter(conversation=message.conversation_id, parent=message.parent_id, deleted_at=None)
    nearest = max(siblings, key=lambda one: (one.chosen_at or one.created_at, one.pk), default=None)
    return find_tip(nearest.pk) if nearest else message.parent_id


def _show(conversation: Conversation, leaf_id: UUID | None) -> Conversation:
    conversation.leaf_id = leaf_id
    conversation.save(update_fields=["leaf"])
    tip = conversation.messages.filter(pk=leaf_id).first() if leaf_id else None
    frame = frames.branch_changed(conversation, list_beside(tip) if tip else ())
    broadcast.send_soon(broadcast.conversation(conversation.pk), frame)
    return conversation


def _copy(branch: list[Message], fork: Conversation) -> Message:
    """Store copies of a branch in a conversation, and give the last."""
    names = [field.attname for field in Message._meta.concrete_fields if field.name not in LEFT_BEHIND]
    copies: list[Message] = []
    for message in branch:
        parent = copies[-1] if copies else None
        fields = {name: getattr(message, name) for name in names}
        copies.append(Message(conversation=fork, parent=parent, **fields))
    Message.objects.bulk_create(copies, batch_size=BATCH)
    keeper().copy({message.pk: copy.pk for message, copy in zip(branch, copies, strict=True)})
    if not copies:
        raise NotFound(_("This message is not there."))
    return copies[-1]
