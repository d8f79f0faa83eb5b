"""Commands that come again: what they made the first time is looked for by the id that the client gave them.

A repeated command was counted, checked and judged when it came first. So what counts as one is decided here alone: the
same conversation and the same words, whatever has become of the list of words, the model or the limits since.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from chatproject.errors import Conflict
from conversations.models import Message, Role
from moderation.stream import BULLET

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from accounts.models import User
    from conversations.parts import AttachedFile


def find_earlier(user: User, client_id: str, conversation_id: UUID | None) -> Message | None:
    """Find what a command made, in the conversation it names or, for None, in the one that it began.

    One that is deleted cannot be named any more; what began it stays what it was.
    """
    began = {"conversation__client_id": client_id}
    named = {"conversation_id": conversation_id, "conversation__deleted_at": None}
    own = Message.objects.filter(conversation__user=user, client_id=client_id)
    return own.filter(**(began if conversation_id is None else named)).select_related("conversation").first()


def require_same_words(question: Message, text: str) -> None:
    """Raise Conflict where a message was stored for other words than ``text``, as the person wrote them."""
    if question.role != Role.USER or not _is_of(question.content, text):
        raise Conflict(_("This message was already sent with other words. Send it again as a new one."))


def require_same_files(attached: Iterable[AttachedFile], uploads: Iterable[UUID] | None) -> None:
    """Raise Conflict where a message carries other files than ``uploads``; None, of an edit, is any."""
    if uploads is not None and {one.id for one in attached} != set(uploads):
        raise Conflict(_("This message was already sent with other files. Send it again as a new one."))


def _is_of(stored: str, text: str) -> bool:
    """Tell whether a stored message was made of a text: a row of bullets may stand for whatever was masked then."""
    if stored == text or BULLET not in stored:
        return stored == text
    first, *between, last = stored.split(BULLET)
    position, end = len(first), len(text) - len(last)
    for part in filter(None, between):
        found = text.find(part, position + 1, end)
        if found < 0:
            return False
        position = found + len(part)
    return text.startswith(first) and text.endswith(last) and position < end
