"""Saves every reply in flight of this process each second, all of them in one transaction, and ends them.

A checkpoint is a heartbeat and, when there is new text, one appended chunk: what is written grows with the length of
the answer, not with its square. Every end state is a compare-and-set on STREAMING: exactly one wins.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models.functions import Now

from conversations.models import Message, ReplyChunk, Status
from conversations.rendering import RENDERER_VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from chatproject.errors import DomainError
    from conversations.draft import Checkpoint
    from providers.port import Usage


@dataclass(frozen=True, slots=True)
class Ending:
    """How a reply ended."""

    status: Status
    finish_reason: str = ""
    error: DomainError | None = None


def save_checkpoints(checkpoints: Mapping[UUID, Checkpoint]) -> dict[UUID, bool]:
    """Save what each reply gained; returns, for those that still stream, whether somebody wants them to stop."""
    with transaction.atomic():
        streaming = Message.objects.filter(pk__in=checkpoints, status=Status.STREAMING)
        streaming.update(heartbeat_at=Now())
        wanted = {pk: stop is not None for pk, stop in streaming.values_list("pk", "stop_requested_at")}
        ReplyChunk.objects.bulk_create(
            ReplyChunk(reply_id=pk, offset=gain.offset, text=gain.text, blocks=gain.blocks, upto=gain.upto)
            for pk, gain in checkpoints.items()
            if pk in wanted and (gain.text or gain.blocks)
        )
    return wanted


def end_reply(
    reply_id: UUID, ending: Ending, *, text: str, html: str, usage: Usage | None = None, omitted: int = 0
) -> bool:
    """Give a streaming reply its final text and state; returns False when it had ended already."""
    with transaction.atomic():
        won = Message.objects.filter(pk=reply_id, status=Status.STREAMING).update(
            status=ending.status,
            finish_reason=ending.finish_reason,
            content=text,
            html=html,
            renderer_version=RENDERER_VERSION,
            error_code=ending.error.code if ending.error else "",
            error_message=ending.error.message[:500] if ending.error else "",
            omitted_messages=omitted,
            prompt_tokens=usage.prompt_tokens if usage else None,
            tokens=usage.completion_tokens if usage else None,
            tokens_estimated=usage.estimated if usage else False,
            finished_at=Now(),
            stop_requested_at=None,
        )
        if won:
            ReplyChunk.objects.filter(reply=reply_id).delete()
    return bool(won)
