"""What each command of the socket does: call a service, announce what is committed, run it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from django.utils.translation import gettext as _

from chatproject.database import in_database
from chatproject.errors import Conflict, Unavailable
from conversations import (
    broadcast,
    frames,
    generation,
    lifecycle,
    queueing,
    second_opinion,
    selectors,
    services,
    sweeper,
    turns,
)
from conversations.announcing import announce
from conversations.beginning import Beginning
from conversations.protocol import (
    CloseConversation,
    Command,
    ContinueReply,
    EditMessage,
    Frame,
    OpenConversation,
    Ping,
    Pong,
    RegenerateReply,
    SendMessage,
    StopReply,
    SyncReply,
)
from providers.gateway import get_gateway

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from uuid import UUID

    from accounts.models import User
    from conversations.questions import Pending, Turn

MAX_OPEN = 50
RETRY_AFTER_DRAIN = 2.0


class Socket(Protocol):
    """The side of a socket that commands use."""

    groups_open: set[str]

    def reply(self, frame: Frame) -> None: ...

    async def join(self, group: str) -> None: ...

    async def leave(self, group: str) -> None: ...


async def handle(socket: Socket, user: User, command: Command) -> None:
    await _HANDLERS[type(command)](socket, user, command)


async def open_conversation(socket: Socket, user: User, command: OpenConversation) -> None:
    conversation = await in_database(selectors.get_conversation, user, command.conversation)
    if len(socket.groups_open) > MAX_OPEN:
        raise Conflict(_("Too many conversations are open in this tab."))
    await socket.join(broadcast.conversation(conversation.pk))
    for snapshot in await in_database(selectors.list_running, conversation):
        socket.reply(frames.snapshot(snapshot))
    if waiting := await in_database(queueing.list_waiting, conversation.pk):
        socket.reply(frames.queue_changed(conversation.pk, waiting))


async def close_conversation(socket: Socket, _user: User, command: CloseConversation) -> None:
    await socket.leave(broadcast.conversation(command.conversation))


async def send_message(socket: Socket, user: User, command: SendMessage) -> None:
    if command.queue and command.conversation and await _queue(socket, user, command, command.conversation):
        return
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
    await _ask(socket, user, command.client_id, prepare)


async def _queue(socket: Socket, user: User, command: SendMessage, conversation: UUID) -> bool:
    """Let a message wait for its turn; False where it need not wait, or was sent already."""
    _require_open()
    enqueue = partial(queueing.queue_message, user, client_id=command.client_id, conversation_id=conversation)
    enqueue = partial(enqueue, text=command.text, model=command.model, models=command.models)
    waiting = await in_database(enqueue, uploads=command.attachments)
    if waiting is None:
        return False
    await socket.join(broadcast.conversation(conversation))
    socket.reply(frames.queued(waiting))
    await turns.go_on(conversation)  # the answer may have ended meanwhile
    return True


async def edit_message(socket: Socket, user: User, command: EditMessage) -> None:
    prepare = partial(
        services.prepare_edit,
        user,
        client_id=command.client_id,
        message_id=command.message,
        text=command.text,
        model=command.model,
    )
    await _ask(socket, user, command.client_id, prepare)


async def regenerate_reply(socket: Socket, user: User, command: RegenerateReply) -> None:
    await _take_turn(
        socket,
        command.client_id,
        lambda: services.regenerate_reply(
            user, client_id=command.client_id, reply_id=command.reply, model=command.model
        ),
    )


async def continue_reply(socket: Socket, user: User, command: ContinueReply) -> None:
    await _take_turn(
        socket,
        command.client_id,
        lambda: services.continue_reply(user, client_id=command.client_id, reply_id=command.reply),
    )


async def stop_reply(_socket: Socket, user: User, command: StopReply) -> None:
    """Note the wish, nudge the owner; a reply that nobody writes any more is ended here."""
    reply = await in_database(services.request_stop, user, command.reply)
    if reply.is_streaming:
        await broadcast.ask_to_stop(reply.pk)
        for orphan in await sweeper.find_orphans():
            if orphan.id == reply.pk:
                await sweeper.end_orphan(orphan)


async def sync_reply(socket: Socket, user: User, command: SyncReply) -> None:
    """Answer with what is saved; of a reply that ended, also how."""
    reply = await in_database(selectors.get_reply, user, command.reply)
    snapshot = await in_database(selectors.get_snapshot, reply.pk)
    socket.reply(frames.snapshot(snapshot))
    if not snapshot.reply.is_streaming:
        socket.reply(frames.finished(snapshot.reply))


async def ping(socket: Socket, _user: User, _command: Ping) -> None:
    socket.reply(Pong())


async def _ask(socket: Socket, user: User, client_id: str, prepare: Callable[[], Pending]) -> None:
    """Take the turn of a message that was counted, checked and, where somebody is asked, judged."""
    _require_open()
    await _take_turn(socket, client_id, await second_opinion.checked(user, prepare))


def _require_open() -> None:
    if lifecycle.is_draining():
        raise Unavailable(
            _("The server is restarting. Your message goes out in a moment."), retry_after=RETRY_AFTER_DRAIN
        )


async def _take_turn(socket: Socket, client_id: str, take: Callable[[], Turn]) -> None:
    """Commit, announce, run; a socket that dies in between changes nothing, and a drain waits for it."""
    _require_open()
    await generation.carry_out(_commit_announce_run(socket, client_id, take))


async def _commit_announce_run(socket: Socket, client_id: str, take: Callable[[], Turn]) -> None:
    await get_gateway().catch_up()
    turn = await in_database(take)
    try:
        await socket.join(broadcast.conversation(turn.conversation.pk))
        socket.reply(frames.accepted(turn, client_id))
        if turn.is_new:
            await announce(turn)
        else:
            await _tell_again(socket, turn)
    finally:
        if turn.is_new:
            generation.start(turn)


async def _tell_again(socket: Socket, turn: Turn) -> None:
    """Tell a tab that repeated a command what it may have missed."""
    socket.reply(frames.created(turn.question, turn.attached))
    for reply in turn.replies:
        snapshot = await in_database(selectors.get_snapshot, reply.pk)
        socket.reply(frames.started(snapshot.reply, turn.compared))
        socket.reply(frames.snapshot(snapshot) if snapshot.reply.is_streaming else frames.finished(snapshot.reply))


_HANDLERS: dict[type[Command], Callable[[Socket, User, Any], Awaitable[None]]] = {
    OpenConversation: open_conversation,
    CloseConversation: close_conversation,
    SendMessage: send_message,
    EditMessage: edit_message,
    RegenerateReply: regenerate_reply,
    ContinueReply: continue_reply,
    StopReply: stop_reply,
    SyncReply: sync_reply,
    Ping: ping,
}
