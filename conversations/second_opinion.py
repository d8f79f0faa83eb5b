"""Asks for a second opinion about what people send, before it is stored, and about answers, once they are told.

Every door that takes messages goes through :func:`checked`. Nothing happens where no endpoint is set up.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from django.db import transaction

from chatproject.database import in_database
from chatproject.errors import as_domain_error
from conversations.models import Message
from conversations.origins import forget_answer
from moderation import opinion
from providers.gateway import get_gateway

if TYPE_CHECKING:
    from collections.abc import Callable

    from accounts.models import User
    from conversations.questions import Pending, Turn
    from providers.port import Verdict

logger = logging.getLogger(__name__)

SETTLING = 10.0
"""Seconds in which a drain waits for the looks that have begun."""

_looks: set[asyncio.Task[None]] = set()


async def checked(user: User, prepare: Callable[[], Pending]) -> Callable[[], Turn]:
    """Give what takes the turn of a message that nobody objects to; raises BlockedWords, after recording it.

    ``prepare`` counts the message and asks the list of words before anybody else is asked, so that who is over a limit
    asks nobody. Raises what it raises, and Unchecked. A repeated message was judged when it came first.
    """
    if not opinion.is_wanted():
        return lambda: prepare().store()
    await get_gateway().catch_up()
    pending = await in_database(prepare)
    says_something = pending.is_new and pending.text.strip()
    if says_something and (verdict := await opinion.find_objection(pending.text, person_id=user.pk)):
        await in_database(opinion.record_objected_message, verdict, person_id=user.pk, text=pending.text)
        raise opinion.objection(verdict)
    return pending.store


def look_at(reply: Message) -> None:
    """Begin to ask about an answer that has ended; nobody waits for it."""
    if opinion.is_wanted() and reply.content.strip() and not reply.source:
        task = asyncio.create_task(_look_at(reply))
        _looks.add(task)
        task.add_done_callback(_looks.discard)


async def _look_at(reply: Message) -> None:
    try:
        if verdict := await opinion.find_objection(reply.content):
            await in_database(_note_objection, reply, verdict)
    except opinion.Unchecked:
        logger.warning("Reply %s ended without a second opinion.", reply.pk)
    except Exception as error:  # noqa: BLE001 - translated in one place, which logs it; the answer stands either way
        as_domain_error(error)


def _note_objection(reply: Message, verdict: Verdict) -> None:
    """Record that somebody objects to an answer, once, however often it ended; and give it to nobody else."""
    with transaction.atomic():
        if Message.objects.select_for_update(of=("self",)).filter(pk=reply.pk).first() is None:
            return  # removed with its conversation
        opinion.record_objected_answer(
            verdict, person_id=reply.conversation.user_id, text=reply.content, subject=reply.pk
        )
    forget_answer(reply)


async def settle() -> None:
    """Give the looks that have begun some time; what has no opinion by then stays without."""
    if _looks:
        await asyncio.wait(tuple(_looks), timeout=SETTLING)
