"""Asking to the end, for tests of answers that are there already."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from chatproject.database import in_database
from conversations import generation, services
from conversations.announcing import announce
from conversations.models import Message, Preset
from tests.conversations.asking import PATIENCE, ask, stored

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from accounts.models import User
    from conversations.questions import Turn

MODEL = "openai/gpt-5.5"
QUESTION = "How do I reset my password?"


async def answered(user: User, text: str = QUESTION, **options: Any) -> Message:
    """Ask, wait for the end, and give the answer as it is stored."""
    turn, onlooker = await ask(user, text, **options)
    await onlooker.wait_for("reply.finished", reply=str(turn.reply.pk))
    await generation.drain(PATIENCE)
    return await stored(turn)


async def run(take: Callable[[], Turn]) -> Message:
    """Take a turn and give its answer."""
    turn = await in_database(take)
    await announce(turn)
    generation.start(turn)
    await generation.drain(PATIENCE)
    return await stored(turn)


async def regenerated(user: User, reply_id: UUID) -> Message:
    return await run(lambda: services.regenerate_reply(user, client_id=uuid4().hex, reply_id=reply_id, model=MODEL))


async def make_preset(user: User | None = None, **fields: Any) -> Preset:
    return await in_database(
        lambda: Preset.objects.create(user=user, **{"name": uuid4().hex, "model": MODEL, **fields})
    )
