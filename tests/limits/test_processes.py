"""Limits over real sockets and pages, and what happens while Redis is away.

On PostgreSQL and Redis there are two processes that count together. On SQLite there is one, as there is in every site
without Redis: there the same tests hold the counting of one process, and what needs Redis is left out.
"""

from __future__ import annotations

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.utils import timezone
from django_ratelimit.core import get_usage
from websockets.exceptions import ConnectionClosed

from accounts import limits
from conversations.models import Conversation, Message
from tests.support.processes import wait_until
from tests.support.server import MODEL, Server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django import DjangoDbBlocker

    from tests.fake_provider import FakeProviderProcess
    from tests.support.homes import Home
    from tests.support.people import Person
    from tests.support.server import Answer
    from tests.support.socket import ChatSocket, Frame

SENDS, ALLOWED, SOCKETS, FRAMES = 25, 20, 10, 30
LIMITS = {"RATE_LIMIT_MESSAGES": f"{ALLOWED}/m", "MAX_SOCKETS": f"{SOCKETS}", "RATE_LIMIT_FRAMES": f"{FRAMES}/h"}
PAUSE = 0.2
SENTENCE = re.compile(r"Too many requests, please try again after (1 minute|\d+ seconds?)")


@pytest.fixture
def processes(
    running_servers: dict[str, Server], home: Home, fake: FakeProviderProcess, django_db_blocker: DjangoDbBlocker
) -> Iterator[list[Server]]:
    """Give two processes on one database, where it is PostgreSQL, else one; the tests of a session share them."""
    names = ["limited one", "limited other"] if home.name == "postgres" else ["limited one"]
    database: dict[str, str] = {}
    for name in names:
        if name not in running_servers:
            running_servers[name] = Server("uvicorn", home, fake, **LIMITS, **database)
        running_servers[name].ensure_running()
        database = {"DATABASE_URL": running_servers[names[0]].environment["DATABASE_URL"]}
    with django_db_blocker.unblock():
        yield [running_servers[name] for name in names]


async def ask(socket: ChatSocket, times: int = 1) -> list[Frame]:
    """Send questions, each in a new conversation, without a pause; give what they are answered with at once."""
    client_ids = [uuid4().hex for _ in range(times)]
    fields: dict[str, Any] = {"conversation": None, "parent": None, "attachments": []}
    for client_id in client_ids:
        await socket.send("message.send", client_id=client_id, text="How much?", model=MODEL, **fields)
    return [await socket.receive(where=partial(_is_answer, client_id)) for client_id in client_ids]


def _is_answer(client_id: str, frame: Frame) -> bool:
    return frame.get("client_id") == client_id


def sign_up_early_in_window(server: Server, scope: str) -> Person:
    """Make a person whose minute has just begun, so that it does not end in the middle of a test."""

    def early() -> Person | None:
        person = server.sign_up()
        usage = get_usage(None, group="none", key=lambda *_: f"{scope} {person.user_id}", rate="1/m", increment=False)
        return person if usage["time_left"] > 40 else None

    return wait_until(early, within=30, what="somebody whose minute has just begun")


async def send_at_once(servers: list[Server], person: Person) -> list[Frame]:
    """Send ``SENDS`` questions over as many sockets as a person may have, spread over the processes."""
    async with AsyncExitStack() as stack:
        sockets = [
            await stack.enter_async_context(servers[number % len(servers)].connect(person)) for number in range(SOCKETS)
        ]
        shares = (len(range(number, SENDS, SOCKETS)) for number in range(SOCKETS))
        answers = await asyncio.gather(*map(ask, sockets, shares))
    return [answer for share in answers for answer in share]


async def test_of_parallel_sends_only_the_allowed_pass(processes: list[Server]) -> None:
    alice = sign_up_early_in_window(processes[0], limits.MESSAGES)
    answers = await send_at_once(processes, alice)
    accepted = [answer for answer in answers if answer["type"] == "message.accepted"]
    refused = [answer for answer in answers if answer["type"] == "error"]
    assert (len(accepted), len(refused)) == (ALLOWED, SENDS - ALLOWED)
    for refusal in refused:
        assert refusal["code"] == "rate_limited"
        assert SENTENCE.fullmatch(refusal["message"])
        assert refusal["message"].endswith(limits.in_words(refusal["retry_after"]))
        assert 0 < refusal["retry_after"] <= 60
    with processes[0].database():
        assert Message.objects.filter(conversation__user=alice.user_id, role="user").count() == ALLOWED


def test_of_parallel_posts_only_the_allowed_pass(processes: list[Server]) -> None:
    alice = sign_up_early_in_window(processes[0], limits.WRITINGS)
    with processes[0].database():
        talk = Conversation.objects.create(user_id=alice.user_id, updated_at=timezone.now())

    def rename(number: int) -> Answer:
        return processes[number % len(processes)].post(f"/c/{talk.pk}/rename/", alice, title=f"Title {number}")

    with ThreadPoolExecutor(SENDS) as threads:
        answers = list(threads.map(rename, range(SENDS)))
    assert sorted(answer.status for answer in answers) == [200] * ALLOWED + [429] * (SENDS - ALLOWED)
    for refused in (answer for answer in answers if answer.status == 429):
        wait = int(refused.headers["retry-after"])
        assert 0 < wait <= 60
        found = SENTENCE.search(refused.text)
        assert found
        assert found[0].endswith(limits.in_words(wait))


async def test_socket_beyond_the_limit_is_refused_until_one_goes(processes: list[Server]) -> None:
    server, other = processes[0], processes[-1]
    alice, bob = server.sign_up("alice"), server.sign_up("bob")
    async with AsyncExitStack() as stack:
        sockets = [
            await stack.enter_async_context(processes[number % len(processes)].connect(alice))
            for number in range(SOCKETS)
        ]
        for process in processes:
            eleventh = process.connect(alice)
            await eleventh.open()
            assert await eleventh.receive_close() == 4429
            assert eleventh.frames == []
        assert await is_greeted(server, bob)
        await sockets[0].close()
        async with asyncio.timeout(20):
            while not await is_greeted(other, alice):  # noqa: ASYNC110 - nothing tells that a place is free
                await asyncio.sleep(PAUSE)


async def is_greeted(server: Server, person: Person) -> bool:
    socket = server.connect(person)
    await socket.open()
    try:
        await socket.receive("hello")
    except ConnectionClosed:
        return False
    await socket.close()
    return True


async def test_frames_over_the_limit_are_refused_and_endless_ones_close(processes: list[Server]) -> None:
    async with processes[0].connect(processes[0].sign_up()) as socket:
        for _ in range(FRAMES):
            await socket.send("ping")
        [refused] = await ask(socket)
        assert refused["code"] == "rate_limited"
        assert 0 < refused["retry_after"] <= 3600
        assert "please try again after" in refused["message"]
        for _ in range(5 * FRAMES):
            await socket.send("ping")
        assert await socket.receive_close() == 1008


@pytest.mark.redis
async def test_without_redis_chat_goes_on_and_the_entrance_is_closed_politely(
    processes: list[Server], home: Home
) -> None:
    assert home.redis
    server = processes[0]
    alice = server.sign_up()
    home.redis.stop()
    try:
        answers = await send_at_once(processes, alice)
        assert {answer["type"] for answer in answers} == {"message.accepted"}
        assert_entrance_is_closed(server, alice)
        assert server.log.count("messages are not counted") == 1
        assert "Something broke" not in server.log
    finally:
        home.redis.start()
    wait_until(lambda: sign_in(server, alice).status == 302, within=20, what="the entrance to open again")
    assert server.log.count("limits hold again") == 1


def assert_entrance_is_closed(server: Server, person: Person) -> None:
    forms = {
        "login": {"login": person.email, "password": person.password},
        "signup": {"email": "new@example.org", "password1": person.password},
        "password/reset": {"email": person.email},
    }
    for path, form in forms.items():
        assert server.get(f"/accounts/{path}/").status == 200
        answer = server.post(f"/accounts/{path}/", **form)
        assert answer.status == 503
        assert int(answer.headers["retry-after"]) > 0
        assert "Please try again in a moment" in answer.text


def sign_in(server: Server, person: Person) -> Answer:
    return server.post("/accounts/login/", login=person.email, password=person.password)
