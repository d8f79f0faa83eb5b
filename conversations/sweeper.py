"""Finds replies that nobody writes any more, and removes what was deleted.

A reply is orphaned when its heartbeat, on the database's clock, has been silent for SILENCE at two looks in a row:
after an outage of the database the living get the time between two looks to report first. Every process looks; the
compare-and-set lets one win.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import Error as DatabaseError
from django.db.models.functions import Now

from chatproject.database import in_database
from chatproject.errors import DomainError
from conversations import broadcast, frames, generation
from conversations.checkpoints import Ending, end_reply
from conversations.models import Message, Status
from conversations.rendering.pool import get_pool
from conversations.selectors import get_snapshot
from conversations.services import describe_conversation, remove_deleted_conversations

if TYPE_CHECKING:
    from uuid import UUID

logger = logging.getLogger(__name__)

SILENCE = timedelta(seconds=12)
LOOK_INTERVAL = 4.0
LOOKS_BETWEEN_REMOVALS = 75


class Interrupted(DomainError):
    """The process that wrote the reply is gone."""

    code = "interrupted"


def find_silent_replies(silence: timedelta = SILENCE) -> set[UUID]:
    """Find replies in flight whose heartbeat is older than ``silence``, on the database's clock."""
    silent = Message.objects.filter(status=Status.STREAMING, heartbeat_at__lt=Now() - silence)
    return set(silent.values_list("pk", flat=True))


async def end_orphan(reply_id: UUID) -> None:
    """End a reply that has no owner: its saved text stays, and everybody is told."""
    try:
        saved = await in_database(get_snapshot, reply_id)
    except Message.DoesNotExist:
        return  # removed between two looks
    html = "".join(await get_pool().answer(saved.text)) if saved.text else ""
    stopped = saved.reply.stop_requested_at is not None
    ending = (
        Ending(Status.STOPPED)
        if stopped
        else Ending(Status.INTERRUPTED, error=Interrupted("The server stopped while this answer was being written."))
    )
    if await in_database(end_reply, reply_id, ending, text=saved.text, html=html):
        reply = (await in_database(get_snapshot, reply_id)).reply
        await broadcast.send(broadcast.conversation(reply.conversation_id), frames.finished(reply))
        await broadcast.send(
            broadcast.person(reply.conversation.user_id), describe_conversation(reply.conversation, running=False)
        )


async def sweep(suspects: set[UUID]) -> set[UUID]:
    """End the ``suspects`` that are still silent; returns those to look at next time."""
    silent = await in_database(find_silent_replies) - set(generation.running_replies())
    for reply_id in silent & suspects:
        await end_orphan(reply_id)
    return silent - suspects


async def keep_sweeping() -> None:
    """Look at start and then every few seconds, for as long as the process lives."""
    suspects: set[UUID] = set()
    look = 0
    while True:
        try:
            suspects = await sweep(suspects)
            if look % LOOKS_BETWEEN_REMOVALS == 0:
                await in_database(remove_deleted_conversations)
        except DatabaseError as error:
            logger.warning("The sweep could not look (%s).", type(error).__name__)
        look += 1
        await asyncio.sleep(LOOK_INTERVAL)
