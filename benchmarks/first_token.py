"""How much later than at the provider the first word of an answer is at the socket.

Sends and direct requests to the provider take turns; a direct request is made over a connection that is open already,
as the site's is. Measured from before a request is written until its first text is read.
"""

from __future__ import annotations

import json
import statistics
import time
from typing import TYPE_CHECKING

import aiohttp

from benchmarks.stage import MODEL, Stage, figures, run, stage, verdict

if TYPE_CHECKING:
    from tests.support.socket import ChatSocket

SENDS, WARM_UP = 50, 10
QUESTION = "Tell me something. [[fake: chars=120 delay=0.002]]"
TARGET = 25.0


async def measure() -> None:
    with stage() as here:
        alice = here.server.sign_up()
        ours: list[tuple[float, float]] = []
        direct: list[float] = []
        async with here.server.connect(alice) as socket, aiohttp.ClientSession() as session:
            for _ in range(WARM_UP + SENDS):
                direct.append(await ask_directly(here, session))
                ours.append(await ask(socket))
    accepted, first = zip(*ours[WARM_UP:], strict=True)
    added = [mine - theirs for mine, theirs in zip(first, direct[WARM_UP:], strict=True)]
    print(f"  provider, first word: {figures(direct[WARM_UP:])}")
    print(f"  site, accepted:       {figures(accepted)}")
    print(f"  site, first word:     {figures(first)}")
    print(f"  added:                {figures(added)}")
    print(verdict("median added", statistics.median(added) * 1000, TARGET, "ms"))


async def ask_directly(here: Stage, session: aiohttp.ClientSession) -> float:
    body = {"model": "gpt-5.5", "stream": True, "messages": [{"role": "user", "content": QUESTION}]}
    started, first = time.perf_counter(), 0.0
    async with session.post(f"{here.fake.base_url}/chat/completions", json=body) as response:
        async for line in response.content:
            if not first and line.startswith(b"data: {") and _text(line):
                first = time.perf_counter() - started
    return first


async def ask(socket: ChatSocket) -> tuple[float, float]:
    """Return the seconds until it is accepted and until the first text."""
    started = time.perf_counter()
    question = await socket.ask(QUESTION, MODEL)
    accepted = time.perf_counter() - started
    await socket.receive("reply.delta", where=lambda frame: frame["reply"] == question["reply"])
    first = time.perf_counter() - started
    await socket.receive("reply.finished", where=lambda frame: frame["reply"] == question["reply"])
    return accepted, first


def _text(line: bytes) -> str:
    choices = json.loads(line[6:])["choices"]
    return choices[0]["delta"].get("content") or "" if choices else ""


if __name__ == "__main__":
    run("Time to the first word", measure())
