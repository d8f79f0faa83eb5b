"""One socket a tab: refuse strangers, parse, dispatch, forward. No rule lives here."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.db import Error as DatabaseError
from django.utils import translation

from accounts.languages import language_of_socket
from accounts.limits import too_many
from accounts.places import Place, places
from accounts.sessions import session_user
from chatproject.database import in_database
from chatproject.errors import as_domain_error
from conversations import broadcast
from conversations.commands import handle
from conversations.frame_meter import FrameMeter
from conversations.mailbox import Mailbox
from conversations.parsing import RejectedFrame, parse
from conversations.protocol import Error, Frame, Hello, Ping, Pong, encode

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from accounts.models import User

logger = logging.getLogger(__name__)

SIGNED_OUT, TOO_SLOW, TOO_MANY_SOCKETS, ABUSED = 4401, 4013, 4429, 1008
SESSION_CHECK_INTERVAL = 60.0
SESSION_RETRY_DELAY = 1.0


class ChatConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # Channels carries no types
    """The browser's line to its conversations."""

    channel_layer_alias = ""  # the hub in broadcast.py speaks to the other processes, for all sockets at once

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.groups_open: set[str] = set()
        self.mailbox = Mailbox()
        self.meter = FrameMeter(settings.RATE_LIMIT_FRAMES)
        self.place: Place | None = None
        self.tasks: set[asyncio.Task[None]] = set()
        self.is_open = True

    async def __call__(self, *scope_receive_send: Any) -> None:
        """Live, and leave nothing behind however it ends: a server may also cancel without a disconnect."""
        try:
            await super().__call__(*scope_receive_send)
        finally:
            self.is_open = False
            for task in self.tasks:
                task.cancel()
            for group in self.groups_open:
                await broadcast.hub.leave(group, self)
            if self.place:
                await places.give_back(self.place)

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Call the handler directly; the stock one hops to a thread for every message."""
        await getattr(self, message["type"].replace(".", "_"))(message)

    async def connect(self) -> None:
        user = self.scope["user"]
        if not user.is_authenticated:
            await self.close()
            return
        # For all that this connection asks for, also where it goes on in a task of its own.
        translation.activate(language_of_socket(self.scope, user))
        self.user_id = user.pk
        self.session_key: str = self.scope["session"].session_key
        self.checked_at = time.monotonic()
        await self.accept()
        self.place = await places.take(self.user_id)
        if not self.place:
            await self._hang_up(TOO_MANY_SOCKETS)  # only a socket that was accepted can say why it closes
            return
        self._begin(self._write())
        await self.join(broadcast.person(self.user_id))
        self.reply(Hello(build=settings.BUILD, user=self.user_id))

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:  # noqa: ARG002
        client_id = None
        wait = self.meter.count()
        if self.meter.is_abused:
            await self._hang_up(ABUSED)
        if not self.is_open:
            return
        try:
            command = parse(text_data or "")
            client_id = getattr(command, "client_id", None)
            if wait:
                raise too_many(wait)  # noqa: TRY301 - answered as any other refusal is
            if isinstance(command, Ping) and self._is_fresh():
                self.reply(Pong())
            elif user := await self._session_user():
                await handle(self, user, command)
        except RejectedFrame as error:
            self.reply(Error.of(error, error.client_id))
        except Exception as error:  # noqa: BLE001 - translated in one place, which logs what is no DomainError
            self.reply(Error.of(as_domain_error(error), client_id))

    # the hub's side

    def deliver(self, text: str, replaces: str) -> None:
        """Take a frame; who only listens is looked at again all the same, because a session also ends by itself."""
        if not self._is_fresh():
            self.checked_at = time.monotonic()
            self.check_session()
        self.mailbox.put(text, replaces)

    def check_session(self) -> None:
        self._begin(self._check_session())

    # what commands use

    def reply(self, frame: Frame) -> None:
        self.mailbox.put(encode(frame))

    async def join(self, group: str) -> None:
        if self.is_open:  # a command may outlive its tab
            self.groups_open.add(group)
            await broadcast.hub.join(group, self)

    async def leave(self, group: str) -> None:
        self.groups_open.discard(group)
        await broadcast.hub.leave(group, self)

    def _is_fresh(self) -> bool:
        return time.monotonic() - self.checked_at < SESSION_CHECK_INTERVAL

    async def _session_user(self) -> User | None:
        """Look again who this is: signed out, suspended or expired closes the socket."""
        self.checked_at = time.monotonic()
        user = await in_database(session_user, self.session_key)
        if user is None:
            await self._hang_up(SIGNED_OUT)
        return user

    async def _check_session(self) -> None:
        """Look until the database answers: whoever was signed out must not stay because it was away just then."""
        while True:
            try:
                await self._session_user()
            except DatabaseError as error:
                logger.warning("A session could not be looked up (%s); trying again.", type(error).__name__)
                await asyncio.sleep(SESSION_RETRY_DELAY)
            else:
                return

    async def _write(self) -> None:
        with suppress(OSError):  # what servers raise where the tab is gone
            while not self.mailbox.is_overfull:
                text = await self.mailbox.take()
                if not self.is_open:
                    return
                await self.send(text_data=text)
            await self._hang_up(TOO_SLOW)

    async def _hang_up(self, code: int) -> None:
        """Close, once; nothing is written afterwards."""
        if self.is_open:
            self.is_open = False
            await self.close(code)

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
