"""Asks for a second opinion about what people send, before it is stored, and about answers, once they are told.

Every door that takes messages asks :func:`require_no_objection` first. Nothing happens where no endpoint is set up.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from chatproject.database import in_database
from chatproject.errors import as_domain_error
from conversations.models import Message
from conversations.origins import forget_answer
from conversations.protocol import MAX_TEXT_LENGTH
from moderation import opinion
from moderation.models import Direction
from moderation.services import check_text

if TYPE_CHECKING:
    from accounts.models import User

logger = logging.getLogger(__name__)

_looks: set[asyncio.Task[None]] = set()


async def require_no_objection(user: User, *, client_id: str, text: str) -> None:
    """Ask about a message; raises BlockedWords, after recording it, or Unchecked. The list of words comes first."""
    if not opinion.is_wanted() or not text.strip() or len(text) > MAX_TEXT_LENGTH:
        return
    allowed = (await in_database(check_text, user, text)).text
    try:
        verdict = await opinion.find_objection(allowed)
    except opinion.Unchecked:
        if await in_database(_is_sent, user, client_id):
            return
        raise
    if verdict:
        await in_database(opinion.record_objection, verdict, person_id=user.pk, text=allowed, direction=Direction.INPUT)
        raise opinion.objection(verdict)


def _is_sent(user: User, client_id: str) -> bool:
    """Tell whether a message is a repeated one, which was checked when it came first."""
    return Message.objects.filter(conversation__user=user, client_id=client_id).exists()


def look_at(reply: Message) -> None:
    """Begin to ask about an answer that has ended; nobody waits for it."""
    if opinion.is_wanted() and reply.content.strip() and not reply.source:
        task = asyncio.create_task(_look_at(reply))
        _looks.add(task)
        task.add_done_callback(_looks.discard)


async def _look_at(reply: Message) -> None:
    try:
        if verdict := await opinion.find_objection(reply.content):
            await in_database(
                opinion.record_objection,
                verdict,
                person_id=reply.conversation.user_id,
                text=reply.content,
                direction=Direction.OUTPUT,
                subject=reply.pk,
            )
            await in_database(forget_answer, reply)
    except opinion.Unchecked:
        logger.warning("Reply %s ended without a second opinion.", reply.pk)
    except Exception as error:  # noqa: BLE001 - translated in one place, which logs it; the answer stands either way
        as_domain_error(error)


async def settle() -> None:
    """Wait for the looks that have begun; each has its time limit."""
    if _looks:
        await asyncio.wait(tuple(_looks))
