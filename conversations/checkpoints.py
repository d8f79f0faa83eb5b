"""Saves every reply in flight of this process each second, all of them in one transaction, and ends them.

A checkpoint is a heartbeat and, when there is new text, one appended chunk: what is written grows with the length of
the answer, not with its square. What the list of words found in it goes with it. Every end state is a compare-and-set
on STREAMING: exactly one wins. What stood still for a while may find that its reply was ended and is continued by
somebody else: a run writes only while the reply is still its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import BigIntegerField, Case, F, Q, Value, When
from django.db.models.functions import Now

from conversations import broadcast, frames
from conversations.models import Message, ReplyChunk, Status
from conversations.queueing import hold_behind
from conversations.rendering import RENDERER_VERSION
from moderation.models import Direction
from moderation.services import record_incidents
from providers.money.ledger import settle

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from chatproject.errors import DomainError
    from conversations.draft import Checkpoint
    from conversations.thinking import Reasoning
    from moderation.stream import Finding
    from providers.money.ledger import Call, Settled
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
        # Locked in one order, because a suspension stops several of them at once.
        rows = streaming.select_for_update(no_key=True).order_by("pk")
        found = list(rows.values_list("pk", "continued_by", "stop_requested_at"))
        Message.objects.filter(pk__in=[pk for pk, *_ in found]).update(heartbeat_at=Now())
        wanted = {(pk, run): stop is not None for pk, run, stop in found if (pk, run) in checkpoints}
        gains = [(reply, gain) for (reply, run), gain in checkpoints.items() if (reply, run) in wanted]
        ReplyChunk.objects.bulk_create(
            ReplyChunk(
                reply_id=reply,
                offset=gain.offset,
                text=gain.text,
                blocks=gain.blocks,
                upto=gain.upto,
                reasoning=gain.reasoning,
                reasoning_offset=gain.reasoning_offset,
            )
            for reply, gain in gains
            if gain.has_news
        )
        _record_findings({reply: gain.findings for reply, gain in gains if gain.findings})
    return wanted


def _record_findings(found: Mapping[UUID, Sequence[Finding]]) -> None:
    people = Message.objects.filter(pk__in=found).values_list("pk", "conversation__user_id") if found else ()
    for reply, person in people:
        record_incidents(person, found[reply], Direction.OUTPUT, reply)


def end_reply(
    run: RunKey,
    ending: Ending,
    *,
    text: str,
    html: str,
    reasoning: Reasoning | None = None,
    answered_by: str = "",
    usage: Usage | None = None,
    omitted: int = 0,
    calls: Sequence[Call] = (),
    first_token_ms: int | None = None,
    citations: Sequence[Mapping[str, str]] = (),
    silent_since: datetime | None = None,
) -> bool:
    """Give a streaming reply its final text and state, and settle what its ``calls`` cost, in their order.

    Without ``reasoning`` what is stored of it stays. ``answered_by`` is the model that wrote, where any did.
    Returns False when the run had ended already or, with ``silent_since``, has given a sign of life after it.
    """
    reply_id, continued_by = run
    streaming = Message.objects.filter(pk=reply_id, continued_by=continued_by, status=Status.STREAMING)
    if silent_since is not None:
        streaming = streaming.filter(heartbeat_at__lte=silent_since)
    with transaction.atomic():
        settled = settle(reply_id, calls)
        won = streaming.update(
            content=text,
            html=html,
            renderer_version=RENDERER_VERSION,
            omitted_messages=omitted,
            prompt_tokens=usage.prompt_tokens if usage else None,
            tokens=usage.completion_tokens if usage else None,
            tokens_estimated=usage.estimated if usage else False,
            cost=_cost(settled.cost, is_continued=continued_by is not None),
            finished_at=Now(),
            stop_requested_at=None,
            **({"citations": list(citations)} if citations else {}),
            **_ending_fields(ending),
            **({"first_token_ms": first_token_ms} if continued_by is None else {}),
            **_reasoning_fields(reasoning),
            **_model_fields(answered_by),
        )
        if won:
            _follow_up(reply_id, ending, settled)
        elif Message.objects.filter(pk=reply_id).exists():
            transaction.set_rollback(True)  # another run's calls are not ours to settle
    return bool(won)


def _ending_fields(ending: Ending) -> dict[str, Any]:
    return {
        "status": ending.status,
        "finish_reason": ending.finish_reason,
        "error_code": ending.error.code if ending.error else "",
        "error_message": ending.error.message[:500] if ending.error else "",
    }


def _follow_up(reply_id: UUID, ending: Ending, settled: Settled) -> None:
    ReplyChunk.objects.filter(reply=reply_id).delete()
    hold_behind(reply_id, ending.status)
    if settled.user_id is None:
        return
    for warning in settled.warnings:
        broadcast.send_soon(broadcast.person(settled.user_id), frames.budget_low(warning))


def _cost(cost: int | None, *, is_continued: bool) -> Case:
    """Add what the calls of this run cost to those before; an answer for which no model is asked costs nothing."""
    spent = F("cost") + cost if is_continued and cost is not None else Value(cost)
    return Case(When(~Q(source=""), then=0), default=spent, output_field=BigIntegerField())


def _reasoning_fields(reasoning: Reasoning | None) -> dict[str, Any]:
    if reasoning is None:
        return {}
    return {"reasoning": reasoning.text, "reasoning_ms": reasoning.ms, "signed_reasoning": list(reasoning.signed)}


def _model_fields(answered_by: str) -> dict[str, Any]:
    """Name the model that answered, and, where it is another one, the first that was asked."""
    if not answered_by:
        return {}
    asked = Case(
        When(asked_model=answered_by, then=Value("")),
        When(~Q(asked_model="") | Q(model=answered_by), then=F("asked_model")),
        default=F("model"),
    )
    return {"model": answered_by, "asked_model": asked}
