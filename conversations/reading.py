"""Reading what somebody else said, as an operator who has the right to: with a reason, and never unnoticed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from audit.services import record
from chatproject.errors import BadRequest, Forbidden, NotFound
from chatproject.text import one_line
from conversations.models import Conversation, Message, ReplyChunk
from conversations.selectors import BRANCH_LIMIT, ShownMessage, chunks_by_reply, show_message
from moderation.folding import fold

if TYPE_CHECKING:
    from uuid import UUID

    from accounts.models import User

READ = "conversations.read_conversation"
LONGEST_REASON = 500
SAY_WHY = "Say why you need to read it."


@dataclass(frozen=True, slots=True)
class Reading:
    """A conversation with all that was said in it, every branch, by time; of a very long one, the newest part."""

    conversation: Conversation
    messages: list[ShownMessage]
    is_cut: bool


def read_conversation(reader: User, conversation_id: UUID, *, reason: str, address: str = "") -> Reading:
    """Give an operator the words of a conversation, also of a deleted one, once the audit log says so.

    Raises Forbidden, BadRequest (no reason), NotFound.
    """
    if not reader.has_perm(READ):
        raise Forbidden("You may not read what people say here.")
    if not says_something(reason):
        raise BadRequest(SAY_WHY)
    conversation = Conversation.objects.select_related("user").filter(pk=conversation_id).first()
    if conversation is None:
        raise NotFound("This conversation is not there.")
    told = {"reason": one_line(reason.strip())[:LONGEST_REASON], "person": conversation.user.email}
    record(reader, "read conversation", conversation, changes=told, address=address)
    newest = list(conversation.messages.order_by("-created_at", "-id")[: BRANCH_LIMIT + 1])
    chunks = chunks_by_reply(ReplyChunk.objects.filter(reply__conversation=conversation))
    messages = [show_message(message, chunks.get(message.pk, ())) for message in reversed(newest[:BRANCH_LIMIT])]
    return Reading(conversation, messages, is_cut=len(newest) > BRANCH_LIMIT)


def says_something(reason: str) -> bool:
    """Tell whether a reason has a letter or a digit that can be seen."""
    return any(character.isalnum() for character in fold(reason))


def find_conversation_of(message_id: UUID) -> UUID | None:
    """Name the conversation of a message, without a word of it."""
    return Message.objects.filter(pk=message_id).values_list("conversation_id", flat=True).first()
