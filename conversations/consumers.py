"""One socket a tab: refuse strangers, parse, dispatch, forward. No rule lives here."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings

from accounts.sessions import session_user
from chatproject.database import in_database
from chatproject.errors import as_domain_error
from conversations import broadcast
from conversations.commands import handle
from conversations.mailbox import Mailbox
from conversations.protocol import Error, Frame, Hello, Ping, Pong, RejectedFrame, encode, parse

if TYPE_CHECKING:
    from accounts.models import User

SIGNED_OUT, TOO_SLOW = 4401, 4013
SESSION_CHECK_INTERVAL = 60.0


class ChatConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # Channels carries no types
    """The browser's line to its conversations."""

    channel_layer_alias = ""  # the hub in broadcast.py speaks to the other processes, for all sockets at once

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Call the handler directly; the stock one hops to a thread for every message."""
        await getattr(self, message["type"].replace(".", "_"))(message)

    async def connect(self) -> None:
        user = self.scope["user"]
        if not user.is_authenticated:
            await self.close()
            return
        self.user_id = user.pk
        self.session_key: str = self.scope["session"].session_key
        self.groups_open: set[str] = set()
        self.mailbox = Mailbox()
        self.checked_at = time.monotonic()
        self.tasks: set[asyncio.Task[Any]] = {asyncio.create_task(self._write())}
        await self.accept()
        await self.join(broadcast.person(self.user_id))
        self.reply(Hello(build=settings.BUILD, user=self.user_id))

    async def disconnect(self, code: int) -> None:  # noqa: ARG002 - Channels' signature
        for group in getattr(self, "groups_open", set()):
            await broadcast.hub.leave(group, self)
        for task in getattr(self, "tasks", set()):
            task.cancel()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:  # noqa: ARG002
        client_id = None
        try:
            command = parse(text_data or "")
            client_id = getattr(command, "client_id", None)
            if isinstance(command, Ping) and time.monotonic() - self.checked_at < SESSION_CHECK_INTERVAL:
                self.reply(Pong())
            elif user := await self._session_user():
                await handle(self, user, command)
        except RejectedFrame as error:
            self.reply(Error.of(error, error.client_id))
        except Exception as error:  # noqa: BLE001 - translated in one place, which logs what is no DomainError
            self.reply(Error.of(as_domain_error(error), client_id))

    # the hub's side

    def deliver(self, text: str, replaces: str) -> None:
        self.mailbox.put(text, replaces)

    def check_session(self) -> None:
        task = asyncio.create_task(self._session_user())
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    # what commands use

    def reply(self, frame: Frame) -> None:
        self.mailbox.put(encode(frame))

    async def join(self, group: str) -> None:
        self.groups_open.add(group)
        await broadcast.hub.join(group, self)

    async def leave(self, group: str) -> None:
        self.groups_open.discard(group)
        await broadcast.hub.leave(group, self)

    async def _session_user(self) -> User | None:
        """Look again who this is: signed out, suspended or expired closes the socket."""
        self.checked_at = time.monotonic()
        user = await in_database(session_user, self.session_key)
        if user is None:
            await self.close(SIGNED_OUT)
        return user

    async def _write(self) -> None:
        while True:
            await self.send(text_data=await self.mailbox.take())
            if self.mailbox.is_overfull:
                await self.close(TOO_SLOW)
