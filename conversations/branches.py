"""Ways through the tree of messages. Ids in, rows or ids out: whoever asks has been let in by a selector.

A sibling is chosen by being made or by being walked to, whichever came last; so each fork remembers what it showed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection
from django.db.models import Q

from conversations.models import Message

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from django.db.models import QuerySet


def branch_ids(leaf_id: UUID) -> list[UUID]:
    """Name the messages from one up to the root, itself first."""
    found = Message.objects.raw(
        """
        WITH RECURSIVE branch(id, parent_id, depth) AS (
            SELECT id, parent_id, 1 FROM conversations_message WHERE id = %s
            UNION ALL
            SELECT above.id, above.parent_id, branch.depth + 1
            FROM conversations_message above JOIN branch ON above.id = branch.parent_id
        )
        SELECT id FROM branch ORDER BY depth
        """,
        [_key(leaf_id)],
    )
    return [message.pk for message in found]


def ids_below(message_id: UUID) -> list[UUID]:
    """Name a message and all that hangs on it."""
    found = Message.objects.raw(
        """
        WITH RECURSIVE below(id) AS (
            SELECT id FROM conversations_message WHERE id = %s
            UNION ALL
            SELECT child.id FROM conversations_message child JOIN below ON child.parent_id = below.id
        )
        SELECT id FROM below
        """,
        [_key(message_id)],
    )
    return [message.pk for message in found]


def find_tip(message_id: UUID) -> UUID:
    """Walk from a message down to a tip, at each fork to the sibling that was chosen last."""
    found = Message.objects.raw(
        """
        WITH RECURSIVE branch(id, depth) AS (
            SELECT id, 1 FROM conversations_message WHERE id = %s
            UNION ALL
            SELECT child.id, branch.depth + 1
            FROM branch JOIN conversations_message child ON child.id = (
                SELECT one.id FROM conversations_message one
                WHERE one.parent_id = branch.id AND one.deleted_at IS NULL
                ORDER BY COALESCE(one.chosen_at, one.created_at) DESC, one.id DESC LIMIT 1
            )
        )
        SELECT id FROM branch ORDER BY depth DESC LIMIT 1
        """,
        [_key(message_id)],
    )
    return found[0].pk


def siblings_by_message(messages: Sequence[Message]) -> dict[UUID, tuple[UUID, ...]]:
    """Name the siblings of each message of a conversation that has any, itself among them, the oldest first."""
    is_child = Q(parent__in=[message.parent_id for message in messages if message.parent_id])
    if root := next((message for message in messages if message.parent_id is None), None):
        is_child |= Q(conversation=root.conversation_id, parent=None)
    children = Message.objects.filter(is_child, deleted_at=None).order_by("created_at", "pk")
    found: dict[UUID | None, list[UUID]] = {}
    for parent, child in children.values_list("parent", "pk"):
        found.setdefault(parent, []).append(child)
    ids = {message.pk: tuple(found.get(message.parent_id, ())) for message in messages}
    return {message: siblings for message, siblings in ids.items() if len(siblings) > 1}


def list_beside(reply: Message) -> list[Message]:
    """List the answers that stand side by side with one, itself among them, the oldest first.

    Nothing where it stands alone: one of them was kept, or the talk went on from one, or the others are gone.
    """
    if not reply.is_compared or reply.deleted_at:
        return []
    asked = Message.objects.filter(parent=reply.parent_id, is_compared=True, deleted_at=None)
    found = list(asked.order_by("created_at", "pk"))
    is_decided = Message.objects.filter(parent__in=found, deleted_at=None).exists()
    return found if len(found) > 1 and not is_decided else []


def hold_messages(rows: QuerySet[Message]) -> list[UUID]:
    """Hold messages until the transaction ends, in one order: those who write them save several at once."""
    held = rows.select_for_update(of=("self",), no_key=True).order_by("pk")
    return list(held.values_list("pk", flat=True))


def _key(message_id: UUID) -> object:
    return Message._meta.pk.get_db_prep_value(message_id, connection)
