"""Rows to frames: how a message, a reply in flight and a reply that ended are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings

from conversations.parts import CreatedMessage, ErrorInfo, TokenUsage, Waiting
from conversations.protocol import (
    BranchChanged,
    MessageAccepted,
    MessageCreated,
    MessageQueued,
    Notice,
    QueueChanged,
    ReplyFinished,
    ReplySnapshot,
    ReplyStarted,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from conversations.models import Conversation, Message, QueuedMessage
    from conversations.parts import AttachedFile
    from conversations.questions import Turn
    from conversations.selectors import Snapshot


def accepted(turn: Turn, client_id: str) -> MessageAccepted:
    return MessageAccepted(
        client_id=client_id,
        conversation=turn.conversation.pk,
        message=turn.question.pk,
        reply=turn.reply.pk,
        replies=tuple(reply.pk for reply in turn.replies),
    )


def created(message: Message, attached: tuple[AttachedFile, ...] = ()) -> MessageCreated:
    return MessageCreated(
        conversation=message.conversation_id,
        message=CreatedMessage(
            id=message.pk,
            parent=message.parent_id,
            role=message.role,
            text=message.content,
            html=message.html,
            created_at=message.created_at.isoformat(),
            attachments=attached,
        ),
    )


def started(reply: Message, compared: Iterable[Message] = ()) -> ReplyStarted:
    if reply.parent_id is None:
        raise ValueError("a reply answers a question")
    return ReplyStarted(
        conversation=reply.conversation_id,
        reply=reply.pk,
        parent=reply.parent_id,
        model=reply.model,
        source=reply.source,
        source_at=_written_at(reply),
        compared=tuple(one.pk for one in compared),
    )


def queued(message: QueuedMessage) -> MessageQueued:
    return MessageQueued(client_id=message.client_id, conversation=message.conversation_id, queued=message.pk)


def queue_changed(conversation: UUID, waiting: Iterable[QueuedMessage]) -> QueueChanged:
    shown = (Waiting(one.pk, one.client_id, one.text, one.model, one.held, one.problem) for one in waiting)
    return QueueChanged(conversation=conversation, waiting=tuple(shown))


def branch_changed(conversation: Conversation, compared: Iterable[Message] = ()) -> BranchChanged:
    ids = tuple(one.pk for one in compared)
    return BranchChanged(conversation=conversation.pk, leaf=conversation.leaf_id, compared=ids)


def snapshot(saved: Snapshot) -> ReplySnapshot:
    return ReplySnapshot(
        reply=saved.reply.pk,
        status=saved.reply.status,
        text=saved.text,
        blocks=saved.blocks,
        upto=saved.upto,
        reasoning=saved.reasoning,
    )


def finished(reply: Message) -> ReplyFinished:
    usage = None
    if reply.prompt_tokens is not None and reply.tokens is not None:
        usage = TokenUsage(reply.prompt_tokens, reply.tokens, reply.tokens_estimated)
    return ReplyFinished(
        reply=reply.pk,
        status=reply.status,
        finish_reason=reply.finish_reason,
        html=reply.html,
        text=reply.content,
        model=reply.model,
        usage=usage,
        error=ErrorInfo(reply.error_code, reply.error_message) if reply.error_code else None,
        can_continue=reply.can_continue,
        omitted=reply.omitted_messages,
        reasoning=reply.reasoning,
        reasoning_seconds=None if reply.reasoning_ms is None else reply.reasoning_ms / 1000,
        asked_model=reply.asked_model,
        cost=reply.cost if settings.SHOW_COST else None,
        source=reply.source,
        source_at=_written_at(reply),
        citations=reply.citations,
    )


def _written_at(reply: Message) -> str | None:
    return reply.source_at.isoformat() if reply.source_at else None


def budget_low(message: str) -> Notice:
    return Notice("budget_low", message)
