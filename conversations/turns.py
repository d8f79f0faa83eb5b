"""Sends what waits for its turn, when the answer before it has ended, whoever looks.

The process in which an answer ends takes the next turn; should it die in between, the sweep of any process does.
"""

from __future__ import annotations

import asyncio
from functools import partial
from threading import Event
from typing import TYPE_CHECKING

from django.db import transaction

from accounts.languages import speaking_to
from chatproject.database import in_database
from chatproject.errors import Unavailable, as_domain_error
from conversations import broadcast, generation, queueing, second_opinion, services
from conversations.admission import Busy, TooManyReplies
from conversations.announcing import announce
from providers.gateway import get_gateway

if TYPE_CHECKING:
    from uuid import UUID

    from conversations.models import Message, QueuedMessage

COMES_LATER = (Busy, TooManyReplies, Unavailable)
"""What stands against a turn now and not for long; the sweep tries again."""

HOLDING = 10.0
"""Seconds in which a drain waits for what is being held or sent."""

_tasks: set[asyncio.Task[None]] = set()
_rest = Event()
"""Set once no further turn is taken here: the process drains."""


def after_end(reply: Message) -> None:
    """Let the next message go out; after an answer that did not end well it is held already."""
    _begin(reply.conversation_id)


def go_on_soon(conversation_id: UUID) -> None:
    """Like :func:`go_on`, from synchronous code, after the commit; where no loop runs, the sweep does it."""
    loop = broadcast.hub.loop
    if loop is not None and loop.is_running():
        transaction.on_commit(lambda: loop.call_soon_threadsafe(_begin, conversation_id))


async def go_on(conversation_id: UUID) -> None:
    """Send what waits longest in a conversation, if its turn has come; what is refused is held, with the reason."""
    if _rest.is_set():
        return
    queued = await in_database(queueing.find_next, conversation_id)
    if queued is None:
        return
    with speaking_to(queued.conversation.user):
        await _send_or_hold(queued)


async def _send_or_hold(queued: QueuedMessage) -> None:
    try:
        await generation.carry_out(_send(queued))
    except COMES_LATER:
        return
    except Exception as error:  # noqa: BLE001 - translated in one place, which logs what is no DomainError
        refusal = as_domain_error(error)
        if not isinstance(refusal, Unavailable):
            await in_database(queueing.hold_refused, queued, refusal.message)


def rest() -> None:
    """Take no further turn in this process; another one will."""
    _rest.set()


async def settle() -> None:
    """Give what has begun some time."""
    if _tasks:
        await asyncio.wait(tuple(_tasks), timeout=HOLDING)


async def take_forgotten() -> None:
    """Begin to take the turns that nobody took; how long that lasts, nobody waits for."""
    begun = {task.get_name() for task in _tasks}
    for conversation_id in await in_database(queueing.list_forgotten):
        if str(conversation_id) not in begun:
            _begin(conversation_id)


async def _send(queued: QueuedMessage) -> None:
    prepare = partial(
        services.prepare_message,
        queued.conversation.user,
        client_id=queued.client_id,
        conversation_id=queued.conversation_id,
        parent_id=None,
        text=queued.text,
        model=queued.model,
        models=queued.beside,
        uploads=queued.upload_ids,
        is_counted=True,
    )
    store = await second_opinion.checked(queued.conversation.user, prepare)
    await get_gateway().catch_up()
    turn = await in_database(queueing.take_turn, queued, store)
    if turn is None or not turn.is_new:
        return
    try:
        await announce(turn)
    finally:
        generation.start(turn)


def _begin(conversation_id: UUID) -> None:
    _keep(asyncio.create_task(go_on(conversation_id), name=str(conversation_id)))


def _keep(task: asyncio.Task[None]) -> None:
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)
