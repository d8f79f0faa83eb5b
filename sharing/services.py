"""Writes: making a link, taking it back, going on from what it shows."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from uuid_utils.compat import uuid7

from accounts import limits
from accounts.models import User
from accounts.shown_once import hash_token
from audit.services import record
from chatproject.errors import Conflict, Forbidden
from conversations.arranging import tell_of_conversation
from conversations.models import Conversation, Message
from conversations.selectors import BRANCH_LIMIT, branch_messages, get_conversation
from files.selectors import list_carried
from sharing.models import Link, SharedFile, SharedMessage
from sharing.selectors import list_links, list_shared

if TYPE_CHECKING:
    from datetime import timedelta

TOKEN_BYTES = 16
MOST_LINKS = 200
"""Open links of one person: each holds a copy of what it shows."""


def share_branch(
    conversation: Conversation, *, expires_in: timedelta | None = None, with_files: bool = False
) -> tuple[Link, str]:
    """Make a link to the branch on show; its token, 128 random bits, is in the answer and nowhere else.

    Raises Conflict while there is nothing to show yet, an answer is being written, the conversation is temporary, or
    the person has MOST_LINKS; NotFound once it is deleted; Forbidden where sharing is switched off; TooManyRequests.
    """
    if settings.SHARING == "off":
        raise Forbidden(_("Conversations are not shared by links on this site."))
    limits.require(limits.WRITINGS, conversation.user_id, settings.RATE_LIMIT_MESSAGES)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    with transaction.atomic():
        # The conversation before its person, as in a turn that begins at this moment.
        held = get_conversation(conversation.user, conversation.pk, lock=True)
        # One after the other, so that many at once do not pass the limit.
        owner = User.objects.select_for_update(no_key=True).get(pk=conversation.user_id)
        if list_links(owner).count() >= MOST_LINKS:
            raise Conflict(
                _("You have %(most)s links. Take back one that you no longer need first.") % {"most": MOST_LINKS}
            )
        if held.is_temporary:
            raise Conflict(_("A temporary conversation leaves nothing behind, so it cannot be shared."))
        branch = branch_messages(conversation.leaf_id, BRANCH_LIMIT) if conversation.leaf_id else []
        _require_showable(branch)
        link = Link.objects.create(
            user=owner,
            conversation=conversation,
            token_hash=hash_token(token),
            title=conversation.title,
            expires_at=timezone.now() + expires_in if expires_in else None,
        )
        copies = [_copy(link, position, message) for position, message in enumerate(branch)]
        SharedMessage.objects.bulk_create(copies)
        if with_files:
            _share_files(conversation, copies)
        record(owner, "share", link, changes={"conversation": str(conversation.pk)})
    return link, token


def revoke_link(link: Link) -> None:
    """Take a link back, with the copy that it shows."""
    with transaction.atomic():
        record(link.user, "unshare", link, changes={"conversation": str(link.conversation_id)})
        link.delete()


def remove_expired_links() -> int:
    """Remove the copies that nobody can open any more; returns how many rows went."""
    return Link.objects.filter(expires_at__lt=timezone.now()).delete()[0]


def continue_from(link: Link, *, user: User, client_id: str) -> Conversation:
    """Give ``user`` a conversation of their own that begins with what a link shows; the same id again makes no second.

    Raises TooManyRequests.
    """
    limits.require(limits.WRITINGS, user.pk, settings.RATE_LIMIT_MESSAGES)
    begun = Conversation.objects.filter(user=user, client_id=client_id)
    if known := begun.filter(deleted_at=None).first():
        return known
    begun.exclude(deleted_at=None).update(client_id=None)  # deleted since: the page of the link makes another one
    try:
        return _begin(link, user=user, client_id=client_id)
    except IntegrityError:  # its parallel twin was quicker
        return begun.get()


def _begin(link: Link, *, user: User, client_id: str) -> Conversation:
    shared = list_shared(link)
    asked = next((one.model for one in reversed(shared) if one.model), "")
    with transaction.atomic():
        conversation = Conversation.objects.create(
            user=user, client_id=client_id, title=link.title, model=asked, updated_at=timezone.now()
        )
        messages = _own_messages(conversation, shared)
        Message.objects.bulk_create(messages)
        conversation.leaf = messages[-1] if messages else None
        conversation.save(update_fields=["leaf"])
        return tell_of_conversation(conversation)


def _share_files(conversation: Conversation, copies: list[SharedMessage]) -> None:
    carried = list_carried(conversation)
    SharedFile.objects.bulk_create(
        SharedFile(message=copy, upload=upload) for copy in copies for upload in carried.get(copy.original_id, ())
    )


def _require_showable(branch: list[Message]) -> None:
    if not branch:
        raise Conflict(_("There is nothing to share yet. Ask something first."))
    if any(message.is_streaming for message in branch):
        raise Conflict(_("The answer is still being written. Share the conversation when it has ended."))


def _copy(link: Link, position: int, message: Message) -> SharedMessage:
    return SharedMessage(
        link=link,
        original=message,
        position=position,
        role=message.role,
        content=message.content,
        html=message.html,
        renderer_version=message.renderer_version,
        status=message.status,
        model=message.model,
        source=message.source,
    )


def _own_messages(conversation: Conversation, shared: list[SharedMessage]) -> list[Message]:
    """Build a branch of new messages; ids that grow keep them in order."""
    messages: list[Message] = []
    for one in shared:
        message = Message(
            id=uuid7(),
            conversation=conversation,
            parent=messages[-1] if messages else None,
            role=one.role,
            content=one.content,
            html=one.html,
            renderer_version=one.renderer_version,
            status=one.status,
            model=one.model,
            source=one.source,
            created_at=conversation.updated_at,
        )
        messages.append(message)
    return messages
