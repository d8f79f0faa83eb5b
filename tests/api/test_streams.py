"""Streams of events over bad lines, proxies and plain tools."""

from __future__ import annotations

import asyncio
import json
import subprocess
import time
from contextlib import AsyncExitStack
from random import Random
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from conversations.models import Message, Status
from tests.api.listening import PATIENCE, Heard, Program
from tests.fake_provider import filler
from tests.resume.talk import prose
from tests.support.nginx import nginx_before
from tests.support.server import MODEL, on_both_servers

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fake_provider import FakeProviderProcess
    from tests.support.server import Server

ANSWERS, REATTACHES = 50, 10
SEED = 6


class Talk:
    """One running answer, and somebody who loses the line all the time."""

    def __init__(self, program: Program, random: Random) -> None:
        self._program = program
        self._random = random
        self.heard = Heard()
        self.reattached = 0
        self.reply = ""

    async def run(self) -> None:
        async with self._program.listen("/api/chat", text=uuid4().hex, model=MODEL) as events:
            self.reply = (await anext(events)).data["reply"]
        path = f"/api/replies/{self.reply}/events"
        while self.reattached < REATTACHES:
            async with self._program.listen(path, self.heard.last_id) as events:
                for _ in range(self._random.randint(1, 4)):
                    self.heard.take(await anext(events))
            assert self.heard.finished is None, "the answer was still to be written"
            self.reattached += 1
        async with self._program.listen(path, self.heard.last_id) as events:
            self.heard.take(await anext(events))
            stopped = await self._program.client.post(f"/api/replies/{self.reply}/stop")
            assert stopped.status_code == 200, stopped.text
            async for event in events:
                self.heard.take(event)


@on_both_servers
async def test_every_reattach_goes_on_where_the_line_broke(server: Server, fake: FakeProviderProcess) -> None:
    fake.set_default(text=prose("Sentence", 100_000), thoughts=prose("Thought", 600), chunk=60, delay=0.1)
    random = Random(SEED)
    async with Program(server, server.give_token(server.sign_up())) as program:
        talks = [Talk(program, Random(random.random())) for _ in range(ANSWERS)]
        async with asyncio.TaskGroup() as tasks:
            for talk in talks:
                tasks.create_task(talk.run())
    assert sum(talk.reattached for talk in talks) == ANSWERS * REATTACHES
    with server.database():
        stored = {str(one.pk): one for one in Message.objects.filter(pk__in=[talk.reply for talk in talks])}
    for talk in talks:
        reply = stored[talk.reply]
        assert (talk.heard.text, talk.heard.reasoning) == (reply.content, reply.reasoning)
        assert talk.heard.cuts == 0, "something came twice"
        assert talk.heard.finished
        assert (talk.heard.finished["status"], reply.status) == ("stopped", Status.STOPPED)
    assert any(talk.heard.text for talk in talks)


async def test_events_ask_proxies_to_keep_nothing_back(server: Server) -> None:
    async with Program(server, server.give_token(server.sign_up())) as program:
        body = {"text": uuid4().hex, "model": MODEL, "stream": True}
        for answer in (
            await program.post("/api/chat", **body),
            await program.post("/api/chat", **body | {"stream": False}),
        ):
            assert answer.headers["x-accel-buffering"] == "no"
            assert answer.headers["cache-control"] == "private, no-store, no-transform"


@on_both_servers
async def test_events_pass_a_proxy_that_buffers_as_they_are_made(server: Server, fake: FakeProviderProcess) -> None:
    fake.set_default(chars=2000, chunk=20, delay=0.005, hang=300)
    token = server.give_token(server.sign_up())
    with nginx_before(server.url) as address:
        async with Program(server, token, address) as program, asyncio.timeout(PATIENCE):
            heard = Heard()
            async with program.listen("/api/chat", text=uuid4().hex, model=MODEL) as events:
                reply = (await anext(events)).data["reply"]
                while heard.text != filler(300):  # the answer hangs here, and a buffer would keep all of it
                    heard.take(await anext(events))
            async with program.listen(f"/api/replies/{reply}/events") as events:
                again = Heard()
                while again.text != filler(300):
                    again.take(await anext(events))
            stopped = await program.client.post(f"/api/replies/{reply}/stop")
            assert stopped.json()["text"] == heard.text


def test_curl_shows_an_answer_as_it_is_written(server: Server, fake: FakeProviderProcess) -> None:
    fake.set_default(chars=2000, chunk=20, delay=0.005, hang=300)
    token = server.give_token(server.sign_up())
    body = json.dumps({"text": uuid4().hex, "model": MODEL, "stream": True})
    command = ["curl", "--silent", "-N", f"{server.url}/api/chat", "-H", f"Authorization: Bearer {token}"]
    command += ["-H", "Content-Type: application/json", "-d", body]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as curl:
        assert curl.stdout
        lines = iter(curl.stdout.readline, "")
        data = (json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: "))
        reply, text = next(data)["reply"], ""
        while text != filler(300):
            delta = next(data)
            assert delta["offset"] == len(text)
            text += delta["text"]
        server.request("POST", f"/api/replies/{reply}/stop", headers={"Authorization": f"Bearer {token}"})
        assert next(data)["status"] == "stopped"
        assert curl.wait(PATIENCE) == 0


async def test_open_streams_leave_the_database_to_others(server: Server, fake: FakeProviderProcess) -> None:
    """More of them than the server has connections to the database."""
    fake.set_default(chars=2000, chunk=20, delay=0.005, hang=300)
    async with Program(server, server.give_token(server.sign_up())) as program, AsyncExitStack() as streams:
        events = await streams.enter_async_context(program.listen("/api/chat", text=uuid4().hex, model=MODEL))
        path = f"/api/replies/{(await anext(events)).data['reply']}/events"
        for _ in range(30):
            await anext(await streams.enter_async_context(program.listen(path)))
        assert (await program.get("/api/me")).status_code == 200


@pytest.mark.parametrize("kind", ["daphne", "uvicorn"])
async def test_a_stream_takes_a_place_and_gives_it_back_when_its_line_breaks(
    kind: str, fresh_server: Callable[..., Server], fake: FakeProviderProcess
) -> None:
    fake.set_default(chars=2000, chunk=20, delay=0.005, hang=300)
    server = fresh_server(kind, MAX_SOCKETS="1")
    await asyncio.to_thread(server.start)
    async with Program(server, server.give_token(server.sign_up())) as program:
        async with program.listen("/api/chat", text=uuid4().hex, model=MODEL) as events:
            path = f"/api/replies/{(await anext(events)).data['reply']}/events"
            refused = await program.get(path)
            assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
            assert int(refused.headers["retry-after"]) > 0
        await until_there_is_a_place(program, path)


async def until_there_is_a_place(program: Program, path: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        async with program.client.stream("GET", path) as response:
            if response.status_code == 200:
                return
        assert time.monotonic() < deadline, "the place is never given back"
        await asyncio.sleep(0.05)
