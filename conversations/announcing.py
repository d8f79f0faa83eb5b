"""Tells everybody who looks what began and what ended; what is told is committed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatproject.database import in_database
from conversations import broadcast, frames, second_opinion, titling
from conversations.arranging import describe_conversation
from conversations.selectors import is_running

if TYPE_CHECKING:
    from collections.abc import Callable

    from conversations.models import Message
    from conversations.questions import Turn


async def announce(turn: Turn) -> None:
    """Tell everybody that a new turn is committed."""
    group = broadcast.conversation(turn.conversation.pk)
    await broadcast.send(group, frames.created(turn.question, turn.attached))
    for reply in turn.replies:
        await broadcast.send(group, frames.started(reply, turn.compared))
    await broadcast.send(
        broadcast.person(turn.conversation.user_id), describe_conversation(turn.conversation, running=True)
    )


class _Hooks:
    """What is to be done when an answer has ended; the background of the process says what."""

    after_end: Callable[[Message], object] | None = None


hooks = _Hooks()


async def announce_end(reply: Message) -> None:
    """Begin to ask for a second opinion, and for a title, and tell everybody how a reply ended, as it is stored."""
    second_opinion.look_at(reply)
    titling.begin(reply)
    await broadcast.send(broadcast.conversation(reply.conversation_id), frames.finished(reply))
    running = reply.is_compared and await in_database(is_running, reply.conversation_id)
    await broadcast.send(
        broadcast.person(reply.conversation.user_id), describe_conversation(reply.conversation, running=running)
    )
    if hooks.after_end:
        hooks.after_end(reply)
