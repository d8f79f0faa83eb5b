"""Long talks a part at a time: a page holds some messages of the branch on show, and the way to those before them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chatproject.errors import NotFound
from conversations.branches import branch_ids
from conversations.selectors import list_branch

if TYPE_CHECKING:
    from uuid import UUID

    from conversations.models import Conversation
    from conversations.selectors import ShownMessage

WINDOW = 100


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a branch, the newest one if it has the tip; ``earlier`` is its first message, if more precede it."""

    branch: list[ShownMessage]
    earlier: UUID | None = None
    is_newest: bool = True


def newest_window(conversation: Conversation) -> Window:
    return _window(conversation, conversation.leaf_id)


def window_before(conversation: Conversation, message_id: UUID) -> Window:
    """Show what comes before a message; raises NotFound where it is not in this conversation."""
    rows = conversation.messages.filter(pk=message_id, deleted_at=None)
    found = rows.values_list("parent_id", flat=True).first() if rows.exists() else None
    if found is None:
        raise NotFound("There is nothing before this message.")
    return _window(conversation, found)


def window_around(conversation: Conversation, message_id: UUID) -> Window:
    """Show a message of the branch on show with what is around it; one near the tip is in the newest window."""
    path = branch_ids(conversation.leaf_id) if conversation.leaf_id else []
    if message_id not in path:
        raise NotFound("This message is not there.")
    place = path.index(message_id)
    return newest_window(conversation) if place < WINDOW else _window(conversation, path[place - WINDOW // 2])


def _window(conversation: Conversation, tip: UUID | None) -> Window:
    branch = list_branch(conversation, WINDOW, tip=tip)
    has_more = bool(branch) and branch[0].message.parent_id is not None
    return Window(branch, branch[0].message.pk if has_more else None, is_newest=tip == conversation.leaf_id)
