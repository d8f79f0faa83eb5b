"""What each command of the socket does, and what its tab is told of it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from django.utils.translation import gettext as _

from chatproject.database import in_database
from chatproject.errors import Conflict
from conversations import asking, broadcast, frames, queueing, selectors
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

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from accounts.models import User
    from conversations.models import QueuedMessage
    from conversations.questions import Turn

MAX_OPEN = 50


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
    if not await asking.queue_message(user, command, partial(_tell_queued, socket)):
        await asking.send_message(user, command, partial(_tell, socket, command.client_id))


async def edit_message(socket: Socket, user: User, command: EditMessage) -> None:
    await asking.edit_message(user, command, partial(_tell, socket, command.client_id))


async def regenerate_reply(socket: Socket, user: User, command: RegenerateReply) -> None:
    await asking.regenerate_reply(user, command, partial(_tell, socket, command.client_id))


async def continue_reply(socket: Socket, user: User, command: ContinueReply) -> None:
    await asking.continue_reply(user, command, partial(_tell, socket, command.client_id))


async def stop_reply(_socket: Socket, user: User, command: StopReply) -> None:
    await asking.stop_reply(user, command.reply)


async def sync_reply(socket: Socket, user: User, command: SyncReply) -> None:
    """Answer with what is saved; of a reply that ended, also how."""
    reply = await in_database(selectors.get_reply, user, command.reply)
    snapshot = await in_database(selectors.get_snapshot, reply.pk)
    socket.reply(frames.snapshot(snapshot))
    if not snapshot.reply.is_streaming:
        socket.reply(frames.finished(snapshot.reply))


async def ping(socket: Socket, _user: User, _command: Ping) -> None:
    socket.reply(Pong())


async def _tell_queued(socket: Socket, waiting: QueuedMessage) -> None:
    await socket.join(broadcast.conversation(waiting.conversation_id))
    socket.reply(frames.queued(waiting))


async def _tell(socket: Socket, client_id: str, turn: Turn) -> None:
    """Tell the tab that asked; from here on it has the conversation open."""
    await socket.join(broadcast.conversation(turn.conversation.pk))
    socket.reply(frames.accepted(turn, client_id))
    if not turn.is_new:
        await _tell_again(socket, turn)


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
