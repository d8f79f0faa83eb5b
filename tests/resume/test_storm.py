"""Resume through real servers: people lose the network, reload, stop and continue while the server dies and restarts.

A schedule is drawn from a seed, which a failure names. ``make test`` runs one schedule a server; ``make soak`` draws
new ones for as long as SOAK_ROUNDS and SOAK_MINUTES say; SOAK_SEED repeats one.
"""

from __future__ import annotations

import asyncio
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
            await Storm(server, Random(seed)).run(fake)
        except BaseException as error:
            error.add_note(f"SOAK_SEED={seed} repeats it, on {kind}; the server's log ends:\n{server.log[-3000:]}")
            raise


class Storm:
    """Talks that begin before, between and after two deaths of the server."""

    def __init__(self, server: Server, random: Random) -> None:
        self._server = server
        self._random = random
        self._started_at = time.monotonic()
        self._talks = [Talk(server, Random(random.random()), MORE, AFTERTHOUGHT) for _ in range(TALKS)]
        self._deaths = random.choice([["kill", "restart"], ["restart", "kill"], ["kill", "hasty"], ["hasty", "kill"]])

    async def run(self, fake: FakeProviderProcess) -> None:
        silence = asyncio.create_task(self._watch_silence())
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._die())
                for talk in self._talks:
                    group.create_task(self._begin(talk))
        finally:
            silence.cancel()
        await asyncio.gather(silence, return_exceptions=True)
        assert silence.cancelled(), silence.exception()
        for talk in self._talks:
            talk.check(fake.calls())

    async def _begin(self, talk: Talk) -> None:
        await asyncio.sleep(self._random.uniform(0, 10))
        await talk.run()

    async def _die(self) -> None:
        for death in self._deaths:
            await asyncio.sleep(self._random.uniform(2.0, 4.0))
            for talk in self._talks:
                talk.truth.is_torn |= death != "restart"
            await asyncio.to_thread(self._end, death)
            await asyncio.to_thread(self._server.start, within=PATIENCE)
            self._started_at = time.monotonic()

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

    async def _watch_silence(self) -> None:
        """See that no reply is left streaming without anybody who writes it, while there is somebody to notice."""
        while True:
            is_there = time.monotonic() - self._started_at > LONGEST_SILENCE.total_seconds()
            assert not (is_there and self._silent_replies())
            await asyncio.sleep(1)

    def _silent_replies(self) -> list[Message]:
        with self._server.database():
            streaming = Message.objects.filter(status=Status.STREAMING)
            return list(streaming.filter(heartbeat_at__lt=Now() - LONGEST_SILENCE))
