"""Long talks a part at a time: a page holds some messages of the branch on show, and the ways to those around them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from chatproject.errors import NotFound
from conversations.branches import branch_ids
from conversations.selectors import list_branch

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from conversations.models import Conversation
    from conversations.selectors import ShownMessage

WINDOW = 100


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a branch. ``earlier`` is its first message if more precede it, ``later`` its last if more follow."""

    branch: list[ShownMessage]
    earlier: UUID | None = None
    later: UUID | None = None

    @property
    def is_part(self) -> bool:
        """Tell whether there is more than this."""
        return bool(self.earlier or self.later)


def newest_window(conversation: Conversation) -> Window:
    return _window(conversation, conversation.leaf_id)


def window_before(conversation: Conversation, message_id: UUID) -> Window:
    """Show what comes before a message; raises NotFound where it is not in this conversation."""
    rows = conversation.messages.filter(pk=message_id, deleted_at=None)
    found = rows.values_list("parent_id", flat=True).first() if rows.exists() else None
    if found is None:
        raise NotFound(_("There is nothing before this message."))
    return _window(conversation, found)


def window_after(conversation: Conversation, message_id: UUID) -> Window:
    """Show what follows a message of the branch on show; raises NotFound."""
    path = _path(conversation)
    place = path.index(message_id) if message_id in path else 0
    if not place:
        raise NotFound(_("There is nothing after this message."))
    return _window(conversation, path[max(0, place - WINDOW)], min(place, WINDOW))


def window_around(conversation: Conversation, message_id: UUID) -> Window:
    """Show a message of the branch on show with what is around it; one near the tip is in the newest window."""
    path = _path(conversation)
    if message_id not in path:
        raise NotFound(_("This message is not there."))
    place = path.index(message_id)
    return newest_window(conversation) if place < WINDOW else _window(conversation, path[place - WINDOW // 2])


def first_message(conversation: Conversation) -> UUID | None:
    """Name the message with which the branch on show begins."""
    return next(reversed(_path(conversation)), None)


def first_message_since(conversation: Conversation, moment: datetime) -> UUID | None:
    """Name the first message of the branch on show that was written then or later; the last one where none was."""
    path = set(_path(conversation))
    later = conversation.messages.filter(created_at__gte=moment).order_by("created_at", "pk")
    ids = later.values_list("pk", flat=True).iterator(chunk_size=500)
    return next((one for one in ids if one in path), conversation.leaf_id)


def _path(conversation: Conversation) -> list[UUID]:
    """Name the branch on show, the newest message first."""
    return branch_ids(conversation.leaf_id) if conversation.leaf_id else []


def _window(conversation: Conversation, tip: UUID | None, size: int = WINDOW) -> Window:
    branch = list_branch(conversation, size, tip=tip)
    has_more = bool(branch) and branch[0].message.parent_id is not None
    is_newest = tip == conversation.leaf_id
    return Window(branch, branch[0].message.pk if has_more else None, None if is_newest else tip)
