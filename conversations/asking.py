"""Has models asked: commit, announce, run. Every way in takes its turns here: the socket, the HTTP API, the terminal.

``told`` hears of what was committed before everybody else does, and before anything runs; who asked may be gone then.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from chatproject.database import in_database
from chatproject.errors import Unavailable
from conversations import broadcast, generation, lifecycle, queueing, second_opinion, services, sweeper, turns
from conversations.announcing import announce
from conversations.beginning import Beginning
from providers.gateway import get_gateway

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from uuid import UUID

    from accounts.models import User
    from conversations.models import Message, QueuedMessage
    from conversations.protocol import ContinueReply, EditMessage, RegenerateReply, SendMessage
    from conversations.questions import Pending, Turn

    TurnTold = Callable[[Turn], Awaitable[None]]
    QueuedTold = Callable[[QueuedMessage], Awaitable[None]]

RETRY_AFTER_DRAIN = 2.0


async def _tell_nobody(_what: object) -> None:
    return


async def queue_message(user: User, command: SendMessage, told: QueuedTold = _tell_nobody) -> QueuedMessage | None:
    """Let a message wait for its turn; None where it need not wait, or was sent already."""
    if not command.queue or command.conversation is None:
        return None
    _require_open()
    enqueue = partial(queueing.queue_message, user, client_id=command.client_id, conversation_id=command.conversation)
    enqueue = partial(enqueue, text=command.text, model=command.model, models=command.models)
    waiting = await in_database(enqueue, uploads=command.attachments)
    if waiting:
        await told(waiting)
        await turns.go_on(command.conversation)  # the answer may have ended meanwhile
    return waiting


async def send_message(user: User, command: SendMessage, told: TurnTold = _tell_nobody) -> Turn:
    """Take the turn of a new message; raises what :func:`conversations.services.send_message` does, and Unavailable."""
    prepare = partial(
        services.prepare_message,
        user,
        client_id=command.client_id,
        conversation_id=command.conversation,
        parent_id=command.parent,
        text=command.text,
        model=command.model,
        models=command.models,
        uploads=command.attachments,
        beginning=Beginning(command.folder, command.temporary),
    )
    return await _ask(user, prepare, told)


async def edit_message(user: User, command: EditMessage, told: TurnTold = _tell_nobody) -> Turn:
    prepare = partial(
        services.prepare_edit,
        user,
        client_id=command.client_id,
        message_id=command.message,
        text=command.text,
        model=command.model,
    )
    return await _ask(user, prepare, told)


async def regenerate_reply(user: User, command: RegenerateReply, told: TurnTold = _tell_nobody) -> Turn:
    take = partial(services.regenerate_reply, user, client_id=command.client_id, reply_id=command.reply)
    return await _take_turn(partial(take, model=command.model), told)


async def continue_reply(user: User, command: ContinueReply, told: TurnTold = _tell_nobody) -> Turn:
    take = partial(services.continue_reply, user, client_id=command.client_id, reply_id=command.reply)
    return await _take_turn(take, told)


async def stop_reply(user: User, reply_id: UUID) -> Message:
    """Note the wish, nudge the owner; a reply that nobody writes any more is ended here. Gives it as it was."""
    reply = await in_database(services.request_stop, user, reply_id)
    if reply.is_streaming:
        await broadcast.ask_to_stop(reply.pk)
        for orphan in await sweeper.find_orphans():
            if orphan.id == reply.pk:
                await sweeper.end_orphan(orphan)
    return reply


async def _ask(user: User, prepare: Callable[[], Pending], told: TurnTold) -> Turn:
    """Take the turn of a message that was counted, checked and, where somebody is asked, judged."""
    _require_open()
    return await _take_turn(await second_opinion.checked(user, prepare), told)


def _require_open() -> None:
    if lifecycle.is_draining():
        raise Unavailable(
            _("The server is restarting. Your message goes out in a moment."), retry_after=RETRY_AFTER_DRAIN
        )


async def _take_turn(take: Callable[[], Turn], told: TurnTold) -> Turn:
    """Commit, announce, run; whoever asked may go away in between, and a drain waits for it."""
    _require_open()
    return await generation.carry_out(_commit_announce_run(take, told))


async def _commit_announce_run(take: Callable[[], Turn], told: TurnTold) -> Turn:
    await get_gateway().catch_up()
    turn = await in_database(take)
    try:
        await told(turn)
        if turn.is_new:
            await announce(turn)
    finally:
        if turn.is_new:
            generation.start(turn)
    return turn
