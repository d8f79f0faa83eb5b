"""Whether the model may be asked now: what stands against it in the conversation, and what the person's limits say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings

from accounts import limits
from accounts.models import User
from chatproject.errors import Conflict, TooManyRequests
from conversations.models import Message, Status

if TYPE_CHECKING:
    from uuid import UUID

    from conversations.models import Conversation


class Busy(Conflict):
    """The conversation's answer is still being written."""

    code = "busy"


class TooManyReplies(TooManyRequests):
    """As many of a person's answers are being written as may be at the same time."""

    code = "too_many_replies"


def admit(conversation: Conversation) -> None:
    """Let a new turn begin; the last question before it is stored, and in its transaction.

    A command that is repeated was admitted once and must not come here again. Raises Busy, TooManyReplies or
    TooManyRequests; what the others refuse is not counted as a message.
    """
    running = _list_running(conversation.user_id)
    if conversation.pk in running:
        raise Busy("The answer is still being written. Wait for it, or stop it first.")
    if len(running) >= settings.MAX_RUNNING_REPLIES:
        answers = "Another answer is" if len(running) == 1 else f"{len(running)} other answers are"
        raise TooManyReplies(f"{answers} still being written. Wait until one is done, or stop one.")
    limits.require(limits.MESSAGES, conversation.user_id, settings.RATE_LIMIT_MESSAGES)


def _list_running(user_id: UUID) -> list[UUID]:
    """List the conversations of a person in which a reply is being written, one for each such reply."""
    # Whoever looks holds the person until the new reply is stored, so that no two tabs take the last place.
    list(User.objects.select_for_update(no_key=True).filter(pk=user_id).values_list("pk"))
    running = Message.objects.filter(conversation__user=user_id, status=Status.STREAMING)
    return list(running.values_list("conversation_id", flat=True))
