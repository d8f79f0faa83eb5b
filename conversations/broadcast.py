"""Tells everybody who is looking. The only place that knows groups and the channel layer.

Sockets of this process get a frame directly; the channel layer carries it to the other processes, when there are any.
Publishing never fails for the caller: a frame may be lost, the database is the log of record and the protocol heals.

A *group* is a name: one a conversation, one a person. Besides frames, two notes travel the same way: *check* (sockets
of a person look again whether they may be there) and *stop* (whoever writes a reply ends it).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID, uuid4

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from redis.exceptions import RedisError

from conversations.protocol import Frame, Notice, ReplyDelta, ReplyHtml, ReplyReasoning, encode

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

logger = logging.getLogger(__name__)

PUBLISH_TIMEOUT = 2.0
RECONNECT_DELAY = 1.0
LAYER_ERRORS = (RedisError, OSError, TimeoutError)
EVERYBODY = "everybody"


class Listener(Protocol):
    """A socket, as the hub sees it; none of its methods waits."""

    def deliver(self, text: str, replaces: str) -> None:
        """Take a frame; one that waits under the same ``replaces`` (if not empty) is outdated by it."""
        ...

    def check_session(self) -> None: ...


def outdates(frame: Frame) -> str:
    """Name what a frame makes outdated: of deltas and rendered blocks of one reply only the newest matters."""
    return growth(type(frame), frame.reply) if isinstance(frame, ReplyDelta | ReplyReasoning | ReplyHtml) else ""


def growth(kind: type[Frame], reply: UUID) -> str:
    """Name one growth of a reply: of its frames of this kind only the newest matters."""
    return f"{kind.type}.{reply}"


def conversation(conversation_id: UUID) -> str:
    return f"conversation.{conversation_id}"


def person(user_id: UUID) -> str:
    return f"person.{user_id}"


class Hub:
    """The listeners of this process, and its bridge to the others."""

    def __init__(self) -> None:
        self.process = uuid4().hex
        self.loop: asyncio.AbstractEventLoop | None = None
        self.on_stop: Callable[[UUID], None] = lambda _reply: None
        self._groups: defaultdict[str, set[Listener]] = defaultdict(set)
        self._channel: str | None = None
        self._unheard: set[str] = set()
        self._away_until = 0.0

    @property
    def is_bridged(self) -> bool:
        return bool(settings.REDIS_URL)

    # membership

    async def join(self, group: str, listener: Listener) -> None:
        is_first = not self._groups[group]
        self._groups[group].add(listener)
        if is_first:
            await self._subscribe(group)

    async def leave(self, group: str, listener: Listener) -> None:
        self._groups[group].discard(listener)
        if not self._groups[group]:
            del self._groups[group]
            self._unheard.discard(group)
            if self._channel:
                await self._guarded(get_channel_layer().group_discard(group, self._channel))

    async def _subscribe(self, group: str) -> None:
        """Hear a group from other processes; what fails is tried again by :meth:`_mend`."""
        if self._channel:
            self._unheard.add(group)
            if await self._guarded(get_channel_layer().group_add(group, self._channel)):
                self._unheard.discard(group)

    # sending

    async def send(self, group: str, frame: Frame) -> None:
        text, replaces = encode(frame), outdates(frame)
        self._deliver(group, text, replaces)
        await self._publish(group, kind="frame", text=text, replaces=replaces)

    async def note(self, group: str, kind: str, text: str = "") -> None:
        self._note(group, kind, text)
        await self._publish(group, kind=kind, text=text)

    async def _publish(self, group: str, *, kind: str, text: str, replaces: str = "") -> None:
        if not self.is_bridged:
            return
        message = {"from": self.process, "group": group, "kind": kind, "text": text, "replaces": replaces}
        await self._guarded(get_channel_layer().group_send(group, message))

    async def _guarded(self, call: Coroutine[Any, Any, None]) -> bool:
        """Wait for the layer, but not for long and not while it is away; tells whether it did the call.

        Of those who come when it was away, one tries, so that only one answer is held up.
        """
        if time.monotonic() < self._away_until:
            call.close()
            return False
        if self._away_until:
            self._away_until = time.monotonic() + PUBLISH_TIMEOUT
        try:
            async with asyncio.timeout(PUBLISH_TIMEOUT):
                await call
        except LAYER_ERRORS as error:
            self._away_until = time.monotonic() + RECONNECT_DELAY
            logger.warning("The channel layer is away (%s): other processes hear late.", type(error).__name__)
            return False
        self._away_until = 0.0
        return True

    # receiving

    async def listen(self) -> None:
        """Carry what other processes publish to the listeners of this one, for as long as the process lives."""
        if self.is_bridged:
            self._channel = await self._open_channel()
            self._unheard |= {EVERYBODY, *self._groups}
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._mend())
                tasks.create_task(self._receive(self._channel))

    async def _open_channel(self) -> str:
        while True:
            try:
                channel: str = await get_channel_layer().new_channel()
            except LAYER_ERRORS as error:
                logger.warning("The channel layer does not answer (%s); trying again.", type(error).__name__)
                await asyncio.sleep(RECONNECT_DELAY)
            else:
                return channel

    async def _mend(self) -> None:
        """Subscribe to what could not be subscribed to while the layer was away."""
        while True:
            for group in tuple(self._unheard):
                if group in self._unheard:  # nobody may have it open any more
                    await self._subscribe(group)
            await asyncio.sleep(RECONNECT_DELAY)

    async def _receive(self, channel: str) -> None:
        while True:
            message = await get_channel_layer().receive(channel)
            if message["from"] == self.process:
                continue
            if message["kind"] == "frame":
                self._deliver(message["group"], message["text"], message["replaces"])
            else:
                self._note(message["group"], message["kind"], message["text"])

    def _deliver(self, group: str, text: str, replaces: str) -> None:
        for listener in tuple(self._groups.get(group, ())):
            listener.deliver(text, replaces)

    def _note(self, group: str, kind: str, text: str) -> None:
        if kind == "stop":
            self.on_stop(UUID(text))
        else:
            for listener in tuple(self._groups.get(group, ())):
                listener.check_session()


hub = Hub()


async def send(group: str, frame: Frame) -> None:
    """Send a frame to everybody in a group, in every process."""
    await hub.send(group, frame)


def send_soon(group: str, frame: Frame) -> None:
    """Send from synchronous code, once what it tells of is committed, and without waiting for it."""
    transaction.on_commit(lambda: _soon(hub.send(group, frame)))


async def ask_to_stop(reply_id: UUID) -> None:
    """Nudge whoever writes the reply to end it now."""
    await hub.note(EVERYBODY, "stop", str(reply_id))


def ask_to_stop_soon(reply_id: UUID) -> None:
    """Like :func:`ask_to_stop`, from synchronous code, after the commit."""
    transaction.on_commit(lambda: _soon(hub.note(EVERYBODY, "stop", str(reply_id))))


async def close_sockets(user_id: UUID) -> None:
    """Let every socket of a person look again whether its session still holds; closes those where it does not."""
    await hub.note(person(user_id), "check")


def close_sockets_soon(user_id: UUID) -> None:
    """Like :func:`close_sockets`, from synchronous code; call it after the commit."""
    _soon(hub.note(person(user_id), "check"))


def tell_warned_soon(user_id: UUID) -> None:
    """Tell the pages of a person that operators have written to them; from synchronous code."""
    told = Notice("warning", _("The people who run this site have written to you. Reload the page to read it."))
    send_soon(person(user_id), told)


def _soon(call: Coroutine[Any, Any, None]) -> None:
    if hub.loop is not None and hub.loop.is_running():
        asyncio.run_coroutine_threadsafe(call, hub.loop)
    else:  # a management command: nobody listens here, but other processes may
        async_to_sync(_finish)(call)


async def _finish(call: Coroutine[Any, Any, None]) -> None:
    await call
