"""A socket's end, as servers make it: cancelled, refused, too slow, signed out while the database is away."""

from __future__ import annotations

import asyncio
import gc
import json
from typing import TYPE_CHECKING, Any, Self

import pytest
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import translation

from chatproject.database import in_database
from conversations import broadcast, consumers
from conversations.consumers import SIGNED_OUT, TOO_SLOW, ChatConsumer
from conversations.mailbox import MAX_WAITING_FRAMES
from conversations.protocol import Pong
from tests.conversations.asking import PATIENCE
from tests.support.factories import make_user

if TYPE_CHECKING:
    from collections.abc import Callable

    from accounts.models import User

pytestmark = pytest.mark.django_db(transaction=True)


class Line:
    """The server's side of a socket. ``sent`` is what was written to it; while ``is_stuck`` nothing can be."""

    def __init__(self, user: User, session: SessionStore) -> None:
        self.sent: list[dict[str, Any]] = []
        self.is_stuck = False
        self.is_gone = False
        self._scope = {"type": "websocket", "path": "/ws/chat/", "headers": [], "user": user, "session": session}
        self._events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._moved = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._events.put_nowait({"type": "websocket.connect"})
        self.task = asyncio.create_task(ChatConsumer.as_asgi()(self._scope, self._events.get, self._send))
        await self.wait_until(lambda: self.kinds == ["hello"])
        return self

    async def __aexit__(self, *_: object) -> None:
        self.move(is_stuck=False)
        self._events.put_nowait({"type": "websocket.disconnect", "code": 1000})
        await asyncio.wait([self.task])

    def say(self, **frame: str) -> None:
        self._events.put_nowait({"type": "websocket.receive", "text": json.dumps(frame)})

    @property
    def kinds(self) -> list[str]:
        return [json.loads(event["text"])["type"] for event in self.sent if event["type"] == "websocket.send"]

    def last(self, kind: str) -> dict[str, Any]:
        frames: list[dict[str, Any]] = [
            json.loads(event["text"]) for event in self.sent if event["type"] == "websocket.send"
        ]
        return [frame for frame in frames if frame["type"] == kind][-1]

    @property
    def close_code(self) -> int | None:
        return next((event["code"] for event in self.sent if event["type"] == "websocket.close"), None)

    def move(self, **state: bool) -> None:
        vars(self).update(state)
        self._moved.set()

    async def wait_until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not condition():
                self._moved.clear()
                await self._moved.wait()

    async def _send(self, event: dict[str, Any]) -> None:
        await self.wait_until(lambda: not self.is_stuck)
        if self.is_gone:
            raise OSError("the tab is gone")
        self.sent.append(event)
        self._moved.set()


@pytest.fixture
async def user() -> User:
    return await in_database(make_user)


@pytest.fixture
async def line(user: User) -> Line:
    def sign_in() -> SessionStore:
        session = SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.save()
        return session

    return Line(user, await in_database(sign_in))


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - a log sets no event
            await asyncio.sleep(0.01)


async def _settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_socket_speaks_the_language_of_its_person(user: User, line: Line) -> None:
    user.language = "de"
    async with line:
        line.say(type="conversation.open", conversation=str(user.pk))
        await line.wait_until(lambda: line.kinds == ["hello", "error"])
    with translation.override("de"):
        assert line.last("error")["message"] == translation.gettext("This conversation is not there.")


async def test_socket_that_is_cancelled_hears_nothing_more(user: User, line: Line) -> None:
    async with line:
        line.task.cancel()
        await asyncio.wait([line.task])
        await broadcast.send(broadcast.person(user.pk), Pong())
        await _settle()
        assert line.kinds == ["hello"]


async def test_socket_that_is_too_slow_is_closed_and_nothing_is_written_after(user: User, line: Line) -> None:
    async with line:
        line.move(is_stuck=True)
        for _ in range(MAX_WAITING_FRAMES + 2):
            await broadcast.send(broadcast.person(user.pk), Pong())
            await asyncio.sleep(0)
        line.move(is_stuck=False)
        await line.wait_until(lambda: line.close_code is not None)
        await _settle()
        assert line.close_code == TOO_SLOW
        assert [event["type"] for event in line.sent].index("websocket.close") == len(line.sent) - 1


async def test_tab_that_goes_while_it_is_written_to_is_no_error(user: User, line: Line) -> None:
    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: complaints.append(context))
    async with line:
        line.move(is_gone=True)
        await broadcast.send(broadcast.person(user.pk), Pong())
        await _settle()
    del line
    gc.collect()
    assert complaints == []


async def test_signing_out_while_the_database_is_away_closes_the_socket_when_it_is_back(
    user: User, line: Line, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def execute(statement: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement)

    monkeypatch.setattr(consumers, "SESSION_RETRY_DELAY", 0.01)
    async with line:
        await in_database(Session.objects.all().delete)
        await in_database(execute, "ALTER TABLE django_session RENAME TO away")
        try:
            await broadcast.close_sockets(user.pk)
            await _until(lambda: "could not be looked up" in caplog.text)
        finally:
            await in_database(execute, "ALTER TABLE away RENAME TO django_session")
        await line.wait_until(lambda: line.close_code is not None)
        assert line.close_code == SIGNED_OUT


async def test_session_that_ended_by_itself_closes_the_socket_of_who_only_listens(
    user: User, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with line:
        await in_database(Session.objects.all().delete)
        monkeypatch.setattr(consumers, "SESSION_CHECK_INTERVAL", 0.0)
        await broadcast.send(broadcast.person(user.pk), Pong())
        await line.wait_until(lambda: line.close_code is not None)
        assert line.close_code == SIGNED_OUT
