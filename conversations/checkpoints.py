"""Saves every reply in flight of this process each second, all of them in one transaction, and ends them.

A checkpoint is a heartbeat and, when there is new text, one appended chunk: what is written grows with the length of
the answer, not with its square. Every end state is a compare-and-set on STREAMING: exactly one wins. What stood still
for a while may find that its reply was ended and is continued by somebody else: a run writes only while the reply is
still its own.
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
    from datetime import datetime
    from uuid import UUID

    from chatproject.errors import DomainError
    from conversations.draft import Checkpoint
    from providers.port import Usage


RunKey = tuple["UUID", str | None]
"""One run of a reply: its id, and the command that continued it (None for the first run)."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a reply ended."""

    status: Status
    finish_reason: str = ""
    error: DomainError | None = None


def save_checkpoints(checkpoints: Mapping[RunKey, Checkpoint]) -> dict[RunKey, bool]:
    """Save what each run gained; returns, for those that still own their reply, whether somebody wants them to stop."""
    with transaction.atomic():
        streaming = Message.objects.filter(pk__in=[reply for reply, _ in checkpoints], status=Status.STREAMING)
        streaming.update(heartbeat_at=Now())
        rows = streaming.values_list("pk", "continued_by", "stop_requested_at")
        wanted = {(pk, run): stop is not None for pk, run, stop in rows if (pk, run) in checkpoints}
        gains = [(reply, gain) for (reply, run), gain in checkpoints.items() if (reply, run) in wanted]
        ReplyChunk.objects.bulk_create(
            ReplyChunk(reply_id=reply, offset=gain.offset, text=gain.text, blocks=gain.blocks, upto=gain.upto)
            for reply, gain in gains
            if gain.text or gain.blocks
        )
    return wanted


def end_reply(
    run: RunKey,
    ending: Ending,
    *,
    text: str,
    html: str,
    usage: Usage | None = None,
    omitted: int = 0,
    silent_since: datetime | None = None,
) -> bool:
    """Give a streaming reply its final text and state.

    Returns False when the run had ended already or, with ``silent_since``, has given a sign of life after it.
    """
    reply_id, continued_by = run
    streaming = Message.objects.filter(pk=reply_id, continued_by=continued_by, status=Status.STREAMING)
    if silent_since is not None:
        streaming = streaming.filter(heartbeat_at__lte=silent_since)
    with transaction.atomic():
        won = streaming.update(
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
