"""Finds replies that nobody writes any more, removes what was deleted, and settles what nobody else will.

A reply is orphaned when its heartbeat, on the database's clock, has been silent for SILENCE at two looks in a row:
after an outage of the database the living get the time between two looks to report first. Every process looks; the
compare-and-set lets one win.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from django.db import Error as DatabaseError
from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from accounts.languages import speaking_to
from chatproject.database import in_database
from chatproject.errors import BadRequest, DomainError
from conversations import generation, turns
from conversations.announcing import announce_end
from conversations.arranging import (
    remove_deleted_conversations,
    remove_deleted_messages,
    remove_forgotten_temporary,
)
from conversations.checkpoints import Ending, end_reply
from conversations.history import build_prompt
from conversations.models import Message, Status
from conversations.rendering.pool import get_pool
from conversations.selectors import get_snapshot
from conversations.thinking import Reasoning
from providers.gateway import get_gateway
from providers.models import Outcome, UsageRecord
from providers.money.account import guess_thinking
from providers.money.ledger import Call, list_open, settle_abandoned
from providers.port import Usage
from providers.tokens import estimate_prompt_tokens, estimate_tokens

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from conversations.selectors import Snapshot

logger = logging.getLogger(__name__)

SILENCE = timedelta(seconds=12)
LOOK_INTERVAL = 4.0
LOOKS_BETWEEN_REMOVALS = 75
ABANDONED_AFTER = timedelta(hours=1)


class Interrupted(DomainError):
    """The process that wrote the reply is gone."""

    code = "interrupted"


class SilentReply(NamedTuple):
    """A reply in flight, and when it was last heard of."""

    id: UUID
    heard_at: datetime


def find_silent_replies() -> set[SilentReply]:
    """Find replies in flight whose heartbeat is older than SILENCE, on the database's clock."""
    silent = Message.objects.filter(status=Status.STREAMING, heartbeat_at__lt=Now() - SILENCE)
    return {SilentReply(pk, heard_at) for pk, heard_at in silent.values_list("pk", "heartbeat_at") if heard_at}


async def find_orphans() -> set[SilentReply]:
    """Find silent replies that this process does not write."""
    silent = await in_database(find_silent_replies)
    own = generation.running_replies()
    return {reply for reply in silent if reply.id not in own}


async def end_orphan(orphan: SilentReply) -> None:
    """End a reply that has no owner: its saved text stays, and everybody is told.

    Nothing happens when it was heard of in the meantime; so the text that is read here is all there is.
    """
    try:
        saved = await in_database(get_snapshot, orphan.id)
    except Message.DoesNotExist:
        return  # removed between two looks
    with speaking_to(saved.reply.conversation.user):
        await _end_as(orphan, saved)


async def _end_as(orphan: SilentReply, saved: Snapshot) -> None:
    html = "".join(await get_pool().answer(saved.text)) if saved.text else ""
    stopped = saved.reply.stop_requested_at is not None
    ending = (
        Ending(Status.STOPPED)
        if stopped
        else Ending(Status.INTERRUPTED, error=Interrupted(_("The server stopped while this answer was being written.")))
    )
    await get_gateway().catch_up()  # a process that nobody asks may know old prices
    if await in_database(_end, saved, ending, html, orphan.heard_at):
        await announce_end((await in_database(get_snapshot, orphan.id)).reply)


def _end(saved: Snapshot, ending: Ending, html: str, silent_since: datetime) -> bool:
    """End the reply, with a guess at what its call used: whoever knew it is gone."""
    reply = saved.reply
    code = ending.error.code if ending.error else ""
    call = Call(reply.model, None, _guess_usage(saved, silent_since), Outcome(ending.status), code)
    reasoning = Reasoning(saved.reasoning, reply.reasoning_ms, reply.signed_reasoning)
    return end_reply(
        reply.run, ending, text=saved.text, html=html, reasoning=reasoning, calls=[call], silent_since=silent_since
    )


def _guess_usage(saved: Snapshot, heard_at: datetime) -> Usage:
    thought = estimate_tokens(saved.reasoning[len(saved.reply.reasoning) :])
    written = estimate_tokens(saved.text[len(saved.reply.content) :]) + thought
    if not written:
        written = thought = guess_thinking(saved.reply.model, _seconds_of_call(saved.reply, heard_at))
    try:
        prompt = estimate_prompt_tokens(build_prompt(saved.reply).request.messages)
    except BadRequest:
        prompt = 0  # the model can no longer be asked, so nobody knows what it was told
    return Usage(prompt, written, estimated=True, reasoning_tokens=thought)


def _seconds_of_call(reply: Message, heard_at: datetime) -> float:
    opened = UsageRecord.objects.filter(subject=reply.pk, settled_at=None).values_list("created_at", flat=True).first()
    return (heard_at - opened).total_seconds() if opened else 0.0


def settle_abandoned_calls() -> None:
    """Settle the calls of replies that were removed while they were written."""
    opened = list_open(ABANDONED_AFTER)
    written = Message.objects.filter(pk__in=opened, status=Status.STREAMING)
    for subject in set(opened) - set(written.values_list("pk", flat=True)):
        with transaction.atomic():
            settle_abandoned(subject)


async def sweep(suspects: set[SilentReply]) -> set[SilentReply]:
    """End the ``suspects`` that were not heard of since; returns those to look at next time."""
    orphans = await find_orphans()
    for orphan in orphans & suspects:
        await end_orphan(orphan)
    return orphans - suspects


async def keep_sweeping() -> None:
    """Look at start and then every few seconds, for as long as the process lives."""
    suspects: set[SilentReply] = set()
    look = 0
    while True:
        try:
            suspects = await sweep(suspects)
            await turns.take_forgotten()
            if look % LOOKS_BETWEEN_REMOVALS == 0:
                await in_database(remove_deleted_conversations)
                await in_database(remove_deleted_messages)
                await in_database(remove_forgotten_temporary)
                await in_database(settle_abandoned_calls)
        except DatabaseError as error:
            logger.warning("The sweep could not look (%s).", type(error).__name__)
        look += 1
        await asyncio.sleep(LOOK_INTERVAL)
