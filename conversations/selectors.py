"""Reads. These are the only ways to somebody's words, and they know only the owner."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django.db import connection
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from chatproject.errors import NotFound
from conversations.attachments import keeper
from conversations.branches import branch_ids, find_tip, list_beside, siblings_by_message
from conversations.models import Conversation, Message, ReplyChunk, Role, Status
from conversations.text import cut_utf16, utf16_length

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from uuid import UUID

    from django.db.models import QuerySet

    from accounts.models import User
    from conversations.parts import AttachedFile

BRANCH_LIMIT = 1000


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A reply as it is saved: the text, its rendered blocks, how far (in UTF-16 units) they reach, the reasoning."""

    reply: Message
    text: str
    blocks: list[str]
    upto: int
    reasoning: str = ""


@dataclass(frozen=True, slots=True)
class ShownMessage:
    """A message as the page shows it; ``tail`` is the text that has no rendered block yet.

    ``length`` and ``upto`` count UTF-16 code units, ``count`` the rendered top-level elements. ``siblings`` are the
    messages that could stand here, itself among them, the oldest first; nothing where there is no other. ``compared``
    are the answers that stand side by side here, itself among them.
    """

    message: Message
    text: str
    reasoning: str
    html: str
    tail: str
    length: int
    upto: int
    count: int
    siblings: tuple[UUID, ...] = ()
    attached: tuple[AttachedFile, ...] = ()
    compared: tuple[ShownMessage, ...] = ()

    @property
    def place(self) -> int:
        """Say which of its siblings it is, from 1."""
        return self.siblings.index(self.message.pk) + 1

    @property
    def earlier(self) -> UUID | None:
        return self.siblings[self.place - 2] if self.siblings and self.place > 1 else None

    @property
    def later(self) -> UUID | None:
        return self.siblings[self.place] if self.siblings and self.place < len(self.siblings) else None

    @property
    def is_thinking(self) -> bool:
        """Tell whether, as far as is saved, the model still thinks."""
        return self.message.is_streaming and bool(self.reasoning) and not self.text

    @property
    def offers_more(self) -> bool:
        """Tell whether there is something that can be continued."""
        has_begun = self.text or self.reasoning or self.message.finish_reason == "length"
        return self.message.can_continue and bool(has_begun)


def get_conversation(user: User, conversation_id: UUID, *, lock: bool = False) -> Conversation:
    """Return a person's own conversation; raises NotFound for everybody else's and for deleted ones.

    With ``lock`` its row is held until the transaction ends: commands on one conversation go one after the other.
    """
    rows = Conversation.objects.select_for_update() if lock else Conversation.objects.all()
    found = rows.filter(user=user, pk=conversation_id, deleted_at=None).first()
    if found is None:
        raise NotFound(_("This conversation is not there."))
    return found


def get_deleted_conversation(user: User, conversation_id: UUID) -> Conversation:
    """Return a person's own deleted conversation, as long as it can be restored; raises NotFound."""
    found = Conversation.objects.filter(user=user, pk=conversation_id, deleted_at__isnull=False).first()
    if found is None:
        raise NotFound(_("This conversation cannot be brought back."))
    return found


def get_message(user: User, message_id: UUID) -> Message:
    """Return a message of a person's own conversation, with the conversation; raises NotFound."""
    found = readable_messages(user).select_related("conversation").filter(pk=message_id).first()
    if found is None:
        raise NotFound(_("This message is not there."))
    return found


def own_conversations(user: User) -> QuerySet[Conversation]:
    """Give the conversations that a person may find; temporary ones are found by nobody."""
    return Conversation.objects.filter(user=user, deleted_at=None, is_temporary=False)


def own_messages(user: User) -> QuerySet[Message]:
    """Give the messages that a person may find, in all conversations of theirs."""
    return readable_messages(user).filter(conversation__is_temporary=False)


def readable_messages(user: User) -> QuerySet[Message]:
    """Give the messages that a person may read, also those that they do not find."""
    return Message.objects.filter(deleted_at=None, conversation__user=user, conversation__deleted_at=None)


def get_deleted_message(user: User, message_id: UUID) -> Message:
    """Return a message that a person deleted from a conversation of theirs, as long as it is kept; raises NotFound."""
    own = Message.objects.filter(conversation__user=user, conversation__deleted_at=None, deleted_at__isnull=False)
    found = own.select_related("conversation").filter(pk=message_id).first()
    if found is None:
        raise NotFound(_("This message cannot be brought back."))
    return found


def get_reply(user: User, reply_id: UUID) -> Message:
    """Return an answer of a person's own conversation; raises NotFound."""
    found = get_message(user, reply_id)
    if found.role != Role.ASSISTANT:
        raise NotFound(_("This answer is not there."))
    return found


def question_of(reply: Message) -> Message:
    """Return the question that an answer answers; raises NotFound."""
    if reply.parent is None:
        raise NotFound(_("The question of this answer is not there."))
    return reply.parent


def find_parent(conversation: Conversation, parent_id: UUID | None) -> UUID | None:
    """Return the message to go on from, this one or the tip on show; raises NotFound where it is not here."""
    if parent_id is not None and not conversation.messages.filter(pk=parent_id, deleted_at=None).exists():
        raise NotFound(_("The message to answer is not in this conversation."))
    return parent_id or conversation.leaf_id


def find_newest_conversation(user: User) -> Conversation | None:
    return own_conversations(user).filter(archived_at=None).order_by("-updated_at", "-id").first()


def with_running(conversations: QuerySet[Conversation]) -> QuerySet[Conversation]:
    """Let each say whether an answer is being written in it, as ``is_running``; without its instructions."""
    running = Message.objects.filter(conversation=OuterRef("pk"), status=Status.STREAMING)
    return conversations.annotate(is_running=Exists(running)).defer("instructions")


def list_branch(
    conversation: Conversation, limit: int = BRANCH_LIMIT, *, tip: UUID | None = None
) -> list[ShownMessage]:
    """List the branch on show from its root (or the last ``limit`` messages) to its tip, or to an earlier message."""
    tip = tip or conversation.leaf_id
    if tip is None:
        return []
    chunks = chunks_by_reply(ReplyChunk.objects.filter(reply__conversation=conversation))
    if not (messages := branch_messages(tip, limit)):
        return []
    beside = list_beside(messages[-1]) if tip == conversation.leaf_id else []
    shown = _furnish([*messages, *beside], chunks)
    branch, compared = shown[: len(messages)], tuple(shown[len(messages) :])
    return [*branch[:-1], replace(branch[-1], compared=compared)]


def list_tree(conversation: Conversation, limit: int, *, after: UUID | None = None) -> list[ShownMessage]:
    """List messages of all branches, in the order of their ids: the first ones, or those after a message."""
    chunks = chunks_by_reply(ReplyChunk.objects.filter(reply__conversation=conversation))
    rows = conversation.messages.filter(deleted_at=None).order_by("pk")
    return _furnish(list((rows.filter(pk__gt=after) if after else rows)[:limit]), chunks)


def find_shown(user: User, message_id: UUID) -> ShownMessage:
    """Return a message of a person's own conversation as it is saved now; raises NotFound."""
    chunks = chunks_by_reply(ReplyChunk.objects.filter(reply=message_id))
    return _furnish([get_message(user, message_id)], chunks)[0]


def _furnish(messages: Sequence[Message], chunks: Mapping[UUID, Sequence[ReplyChunk]]) -> list[ShownMessage]:
    """Give messages with all that is shown of them; their chunks were read before, see :func:`get_snapshot`."""
    siblings = siblings_by_message(messages)
    attached = keeper().describe([one.pk for one in messages])
    shown = [show_message(one, chunks.get(one.pk, ()), siblings.get(one.pk, ())) for one in messages]
    return [replace(one, attached=attached.get(one.message.pk, ())) for one in shown]


def turn_to(conversation: Conversation, message_id: UUID) -> bool:
    """Let this object, and not what is stored, have a branch on show in which the message stands; raises NotFound.

    Tells whether that is another one than is stored.
    """
    if not conversation.messages.filter(pk=message_id, deleted_at=None).exists():
        raise NotFound(_("This message is not there."))
    if conversation.leaf_id and message_id in branch_ids(conversation.leaf_id):
        return False
    conversation.leaf_id = find_tip(message_id)
    return True


def branch_messages(leaf_id: UUID, limit: int) -> list[Message]:
    """Walk from a message up to the root, at most ``limit`` messages, and return them oldest first."""
    key = Message._meta.pk.get_db_prep_value(leaf_id, connection)
    found = Message.objects.raw(
        """
        WITH RECURSIVE branch(id, parent_id, depth) AS (
            SELECT id, parent_id, 1 FROM conversations_message WHERE id = %s
            UNION ALL
            SELECT above.id, above.parent_id, branch.depth + 1
            FROM conversations_message above JOIN branch ON above.id = branch.parent_id
            WHERE branch.depth < %s
        )
        SELECT message.* FROM conversations_message message JOIN branch ON branch.id = message.id
        ORDER BY branch.depth DESC
        """,
        [key, limit],
    )
    return list(found)


def show_message(message: Message, chunks: Sequence[ReplyChunk] = (), siblings: tuple[UUID, ...] = ()) -> ShownMessage:
    snapshot = assemble(message, chunks)
    return ShownMessage(
        message=message,
        text=snapshot.text,
        reasoning=snapshot.reasoning,
        html="".join(snapshot.blocks),
        tail=cut_utf16(snapshot.text, snapshot.upto) if message.is_streaming else "",
        length=utf16_length(snapshot.text),
        upto=snapshot.upto,
        count=len(snapshot.blocks),
        siblings=siblings,
    )


def get_snapshot(reply_id: UUID) -> Snapshot:
    """Return a reply as saved now.

    The chunks are read first: a reply that ends in between is then read whole from its row, never with a gap.
    """
    chunks = list(ReplyChunk.objects.filter(reply=reply_id).order_by("id"))
    return assemble(Message.objects.select_related("conversation__user").get(pk=reply_id), chunks)


def is_running(conversation_id: UUID) -> bool:
    """Tell whether an answer is being written in a conversation."""
    return Message.objects.filter(conversation=conversation_id, status=Status.STREAMING).exists()


def list_running(conversation: Conversation) -> list[Snapshot]:
    """List the snapshots of the replies in flight in a conversation."""
    running = Message.objects.filter(conversation=conversation, status=Status.STREAMING).values_list("pk", flat=True)
    return [get_snapshot(reply_id) for reply_id in running]


def assemble(message: Message, chunks: Sequence[ReplyChunk]) -> Snapshot:
    """Put a message and the chunks of its present run together; chunks of an ended run are ignored."""
    length, thought = utf16_length(message.content), utf16_length(message.reasoning)
    present = chunks if message.is_streaming else ()
    own = [chunk for chunk in present if chunk.offset >= length and chunk.reasoning_offset >= thought]
    text = message.content + "".join(chunk.text for chunk in own)
    reasoning = message.reasoning + "".join(chunk.reasoning for chunk in own)
    blocks = [block for chunk in own for block in chunk.blocks]
    if blocks:
        return Snapshot(message, text, blocks, own[-1].upto, reasoning)
    if message.html:
        return Snapshot(message, text, [message.html], length, reasoning)
    return Snapshot(message, text, [], 0, reasoning)


def chunks_by_reply(chunks: Iterable[ReplyChunk]) -> dict[UUID, list[ReplyChunk]]:
    grouped: dict[UUID, list[ReplyChunk]] = {}
    for chunk in chunks:
        grouped.setdefault(chunk.reply_id, []).append(chunk)
    return grouped
