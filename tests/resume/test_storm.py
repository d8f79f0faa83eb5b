"""Resume through real servers: people lose the network, reload, stop and continue while the server dies and restarts.

A schedule is drawn from a seed, which a failure names. ``make test`` runs one schedule a server; ``make soak`` draws
new ones for as long as SOAK_ROUNDS and SOAK_MINUTES say; SOAK_SEED repeats one.
"""

from __future__ import annotations

import asyncio
import math
import os
import secrets
import time
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING

import pytest
from django.db.models.functions import Now

from conversations.models import Message, Status
from tests.resume.talk import PATIENCE, Talk, prose

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.fake_provider import FakeProviderProcess
    from tests.support.server import Server

TALKS = 8
MORE = prose("Addition", 400)
AFTERTHOUGHT = prose("Afterthought", 120)
LONGEST_SILENCE = timedelta(seconds=30)
"""What people are promised; the sweep ends a reply after 20 s without a heartbeat."""


def seeds() -> Iterator[int]:
    """Give one known seed, or new ones within the bounds of a soak."""
    if "SOAK_SEED" in os.environ:
        yield int(os.environ["SOAK_SEED"])
    elif "SOAK_ROUNDS" in os.environ:
        deadline = time.monotonic() + 60 * float(os.environ.get("SOAK_MINUTES", "30"))
        for _ in range(int(os.environ["SOAK_ROUNDS"])):
            if time.monotonic() < deadline:
                yield secrets.randbelow(10**9)
    else:
        yield 20


@pytest.mark.parametrize("kind", ["daphne", "uvicorn"])
async def test_what_tabs_show_is_what_is_stored(
    kind: str, fresh_server: Callable[..., Server], fake: FakeProviderProcess
) -> None:
    server = fresh_server(kind)
    await asyncio.to_thread(server.start, within=PATIENCE)
    for seed in seeds():
        fake.reset()
        fake.set_default(text=MORE, thoughts=AFTERTHOUGHT, chunk=9, delay=0.02)
        try:
            storm = Storm(server, Random(seed))
            await storm.run()
            assert not storm.orphans, "a reply was left streaming without anybody who writes it"
            for talk in storm.talks:
                assert talk.shown_by_page() == talk.stored()
                talk.check(fake.calls())
        except BaseException as error:
            error.add_note(f"SOAK_SEED={seed} repeats it, on {kind}; the server's log ends:\n{server.log[-3000:]}")
            raise


class Storm:
    """Talks that begin before, between and after two deaths of the server.

    ``orphans`` are the replies that nobody wrote and nobody ended, though there was a server that should have.
    """

    def __init__(self, server: Server, random: Random) -> None:
        self._server = server
        self._random = random
        self._up_since = time.monotonic()
        self.orphans: list[Message] = []
        self.talks = [Talk(server, Random(random.random()), MORE, AFTERTHOUGHT) for _ in range(TALKS)]
        self._deaths = random.choice([["kill", "restart"], ["restart", "kill"], ["kill", "hasty"], ["hasty", "kill"]])

    async def run(self) -> None:
        """Live through it; raises when a tab shows what was never said, or not in time what is stored."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._die())
            talks = [group.create_task(self._begin(talk)) for talk in self.talks]
            group.create_task(self._watch_silence(talks))

    async def _begin(self, talk: Talk) -> None:
        await asyncio.sleep(self._random.uniform(0, 10))
        await talk.run()

    async def _die(self) -> None:
        for death in self._deaths:
            await asyncio.sleep(self._random.uniform(2.0, 4.0))
            for talk in self.talks:
                talk.truth.is_torn |= death != "restart"
            self._up_since = math.inf
            await asyncio.to_thread(self._end, death)
            await asyncio.to_thread(self._server.start, within=PATIENCE)
            self._up_since = time.monotonic()

    def _end(self, death: str) -> None:
        """Kill it, ask it to end, or ask twice, which cuts the drain short."""
        if death == "kill":
            self._server.kill()
            return
        self._server.terminate()
        if death == "hasty":
            time.sleep(self._random.uniform(0.1, 1.0))
            self._server.terminate()
        self._server.wait(PATIENCE)

    async def _watch_silence(self, talks: list[asyncio.Task[None]]) -> None:
        """Look, until the talks are over, for replies that nobody ended while there was a server to notice."""
        while not all(talk.done() for talk in talks):
            if time.monotonic() - self._up_since > LONGEST_SILENCE.total_seconds():
                self.orphans = self.orphans or self._silent_replies()
            await asyncio.sleep(1)

    def _silent_replies(self) -> list[Message]:
        with self._server.database():
            streaming = Message.objects.filter(status=Status.STREAMING)
            return list(streaming.filter(heartbeat_at__lt=Now() - LONGEST_SILENCE))
