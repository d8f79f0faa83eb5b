"""Follows replies to their end: first what is saved, then what is told, every word once, wherever one comes from.

A follower keeps no text: it knows how much its reader has (a :class:`Position`) and hands on the rest. Where frames
were lost it reads what is saved, and where another process writes, it looks there every few seconds by itself, so it
gets to the end without Redis, too. Leaving stops nothing.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import orjson
from django.db import Error as DatabaseError
from django.utils.translation import gettext as _

from chatproject.database import in_database
from chatproject.errors import BadRequest
from conversations import broadcast, generation
from conversations.protocol import ReplyDelta, ReplyReasoning
from conversations.selectors import get_reply, get_snapshot
from conversations.text import cut_utf16, utf16_length

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping
    from uuid import UUID

    from accounts.models import User
    from conversations.models import Message
    from conversations.selectors import Snapshot

logger = logging.getLogger(__name__)

LOOK_INTERVAL = 1.5
"""Longer than what is told may wait to be saved."""

CHECK_INTERVAL = 60.0
QUIET_INTERVAL = 15.0
POSITION_PATTERN = r"^([0-9]{1,9})\.([0-9]{1,9})(?:\.([0-9a-f]{8}))?$"
_KINDS = (ReplyReasoning, ReplyDelta)


@dataclass(frozen=True, slots=True)
class Position:
    """How much of a reply somebody has, in UTF-16 code units, as ``<reasoning>.<text>``.

    ``run`` names the Continue that wrote it, in eight hex digits, and is empty for the first run: of another run the
    lengths say nothing, because the words may be others.
    """

    reasoning: int = 0
    text: int = 0
    run: str = ""

    def __str__(self) -> str:
        return f"{self.reasoning}.{self.text}" + (f".{self.run}" if self.run else "")

    @classmethod
    def parse(cls, written: str) -> Position:
        """Read what ``str`` wrote; raises BadRequest."""
        if not (match := re.fullmatch(POSITION_PATTERN, written)):
            raise BadRequest(_("This is not the id of an event of this answer."))
        return cls(int(match[1]), int(match[2]), match[3] or "")


START = Position()


@dataclass(frozen=True, slots=True)
class Grown:
    """More of a reply: cut what you have at ``offset`` and append ``text``; ``position`` is where that leads."""

    reply: UUID
    position: Position
    offset: int
    text: str
    is_reasoning: bool = False


@dataclass(frozen=True, slots=True)
class Ended:
    """A reply as it ended; all of its text was told before."""

    saved: Snapshot
    position: Position


@dataclass(frozen=True, slots=True)
class Quiet:
    """Nothing came for QUIET_INTERVAL seconds."""


Event = Grown | Ended | Quiet


async def follow(
    user: User,
    conversation_id: UUID,
    positions: Mapping[UUID, Position],
    *,
    check: Callable[[], None] = lambda: None,
) -> AsyncGenerator[Event, None]:
    """Tell how replies of one conversation grow from the positions of a reader on, until all of them have ended.

    ``check`` runs in a database thread every CHECK_INTERVAL seconds and when somebody's sessions are looked at again,
    and raises where the reader may not go on. Raises NotFound once the answer is nobody's to read any more.
    """
    ear = _Ear(positions)
    cursors = {reply: _Cursor(reply, position) for reply, position in positions.items()}
    groups = broadcast.conversation(conversation_id), broadcast.person(user.pk)
    checked_at = told_at = time.monotonic()
    try:
        for group in groups:
            await broadcast.hub.join(group, ear)
        while cursors:
            if ear.must_check or time.monotonic() - checked_at > CHECK_INTERVAL:
                await in_database(check)
                ear.must_check, checked_at = False, time.monotonic()
            for event in [*await _look(user, ear, cursors), *ear.growth(cursors)]:
                told_at = time.monotonic()
                yield event
            if time.monotonic() - told_at > QUIET_INTERVAL:
                told_at = time.monotonic()
                yield Quiet()
            if cursors:
                await ear.wait(cursors)
    finally:
        for group in groups:
            await broadcast.hub.leave(group, ear)


async def _look(user: User, ear: _Ear, cursors: dict[UUID, _Cursor]) -> list[Event]:
    """Read what is saved of the replies that are due; a database that is away is asked again."""
    events: list[Event] = []
    for reply_id in ear.due & cursors.keys():
        ear.due.discard(reply_id)  # before it is read: what is told meanwhile may be newer
        try:
            snapshot = await in_database(_read, user, reply_id)
        except DatabaseError as error:
            logger.warning("A reply could not be read on (%s); trying again.", type(error).__name__)
            ear.due.add(reply_id)
            continue
        if grown := cursors[reply_id].read(snapshot):
            ear.lagging.add(reply_id)
        events += grown
        if not snapshot.reply.is_streaming:
            events.append(Ended(snapshot, cursors.pop(reply_id).position))
    return events


def _read(user: User, reply_id: UUID) -> Snapshot:
    get_reply(user, reply_id)
    return get_snapshot(reply_id)


class _Ear:
    """What reached us of some replies: of each growth the newest frame, and which replies are ``due`` to be read.

    Of those that are ``lagging`` more was told than was saved when they were read: they are due once more.
    """

    def __init__(self, replies: Iterable[UUID]) -> None:
        self.due = set(replies)
        self.lagging = set(replies)
        self.must_check = False
        self._ids = {str(reply): reply for reply in self.due}
        self._growing = {broadcast.growth(kind, reply): reply for reply in self.due for kind in _KINDS}
        self._newest: dict[str, str] = {}
        self._arrived = asyncio.Event()

    def deliver(self, text: str, replaces: str) -> None:
        if replaces in self._growing:
            self._newest[replaces] = text
        elif reply := None if replaces else self._ids.get(orjson.loads(text).get("reply")):
            self.due.add(reply)  # it began anew, or ended
        else:
            return
        self._arrived.set()

    def check_session(self) -> None:
        self.must_check = True
        self._arrived.set()

    def growth(self, cursors: Mapping[UUID, _Cursor]) -> Iterator[Grown]:
        """Give what is new in the frames that arrived; where one between was lost, its reply is due."""
        newest, self._newest = self._newest, {}
        for name in sorted(newest, key=list(self._growing).index):
            cursor, frame = cursors.get(self._growing[name]), orjson.loads(newest[name])
            if cursor is None:
                continue
            is_reasoning = frame["type"] == ReplyReasoning.type
            if cursor.misses(frame["offset"], is_reasoning=is_reasoning):
                self.due.add(cursor.reply)
                self.lagging.add(cursor.reply)
                self._arrived.set()
            elif grown := cursor.hear(frame["offset"], frame["text"], is_reasoning=is_reasoning):
                yield grown

    async def wait(self, replies: Iterable[UUID]) -> None:
        """Wait for something new; in silence, what another process writes is due: its frames may be lost."""
        try:
            async with asyncio.timeout(LOOK_INTERVAL):
                await self._arrived.wait()
        except TimeoutError:
            self.due |= (set(replies) - generation.running_replies()) | self.lagging
            self.lagging.clear()
        self._arrived.clear()


class _Cursor:
    """How much of one reply its reader has."""

    def __init__(self, reply: UUID, position: Position) -> None:
        self.reply = reply
        self.position = position

    def read(self, saved: Snapshot) -> list[Grown]:
        """Give what is saved beyond the position; where another run wrote what is before it, everything."""
        before, run = self.position, _name_run(saved.reply)
        if before.run != run:
            self.position = Position(run=run)
        thought = self._catch_up(saved.reasoning, before.reasoning, saved, is_reasoning=True)
        said = self._catch_up(saved.text, before.text, saved, is_reasoning=False)
        return [one for one in (thought, said) if one]

    def _catch_up(self, text: str, before: int, saved: Snapshot, *, is_reasoning: bool) -> Grown | None:
        shown, length = self._shown(is_reasoning=is_reasoning), utf16_length(text)
        if length > shown:
            return self._move(shown, cut_utf16(text, shown), length, is_reasoning=is_reasoning)
        is_short = length < shown and not saved.reply.is_streaming  # its process died before it could save the rest
        if is_short or shown < before:
            return self._move(length, "", length, is_reasoning=is_reasoning)
        return None

    def misses(self, offset: int, *, is_reasoning: bool) -> bool:
        return offset > self._shown(is_reasoning=is_reasoning)

    def hear(self, offset: int, text: str, *, is_reasoning: bool) -> Grown | None:
        """Give what a frame has beyond the position; None where that is nothing."""
        shown, end = self._shown(is_reasoning=is_reasoning), offset + utf16_length(text)
        if end <= shown:
            return None
        return self._move(shown, cut_utf16(text, shown - offset), end, is_reasoning=is_reasoning)

    def _shown(self, *, is_reasoning: bool) -> int:
        return self.position.reasoning if is_reasoning else self.position.text

    def _move(self, offset: int, text: str, end: int, *, is_reasoning: bool) -> Grown:
        self.position = replace(self.position, reasoning=end) if is_reasoning else replace(self.position, text=end)
        return Grown(self.reply, self.position, offset, text, is_reasoning)


def _name_run(reply: Message) -> str:
    by = reply.continued_by
    return hashlib.blake2s(by.encode(), digest_size=4).hexdigest() if by else ""
