"""Whether answers that are made to choke a renderer make anybody wait: other answers stream meanwhile."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING
from uuid import uuid4

from websockets.exceptions import ConnectionClosed

from benchmarks.stage import MODEL, Stage, percentile, run, stage, verdict

if TYPE_CHECKING:
    from tests.support.socket import ChatSocket

OTHERS = 20
TARGET = 100.0
PACE = "chars=90000 chunk=12 delay=0.03"
HOSTILE = {
    "nothing": "A harmless answer.",
    "60 kB of [": "[" * 60_000,
    "20 kB of ![": "![" * 10_000,
    "60 kB of <a": "<a " * 20_000,
    "100 kB of empty points": "-\n" * 50_000,
    "5,000 quotes in each other": ">" * 5_000,
    "252 kB of lists in each other": "".join("  " * (level % 250) + "* point\n" for level in range(980)),
    "805 kB of table": "|a|b|\n|-|-|\n" + "| cell | cell |\n" * 50_000,
    "300 kB of entities": "&#x41;" * 50_000,
    "60 kB of **a": "**a" * 20_000,
    "100 kB of `": "`" * 100_000,
}


class Listener:
    """Notes the gaps between the deltas of one answer."""

    def __init__(self, socket: ChatSocket) -> None:
        self._socket = socket
        self._last = time.perf_counter()
        self.gaps: list[float] = []

    async def listen(self) -> None:
        while True:
            try:
                await self._socket.receive("reply.delta", within=60)
            except ConnectionClosed:
                return
            now = time.perf_counter()
            self.gaps.append(now - self._last)
            self._last = now

    def take(self) -> list[float]:
        taken, self.gaps = self.gaps, []
        return taken


async def measure() -> None:
    with stage("benchmarks.pauses:application") as here:
        async with AsyncExitStack() as stack:
            listeners = [Listener(await _streaming(here, stack)) for _ in range(OTHERS)]
            tasks = [asyncio.create_task(listener.listen()) for listener in listeners]
            await asyncio.sleep(2)
            here.server.get("/_pauses")
            pauses: list[dict[str, float]] = []
            for name, text in HOSTILE.items():
                [listener.take() for listener in listeners]
                seconds, status = await answer(here, text)
                gaps = sorted(gap for listener in listeners for gap in listener.take())
                pause = here.server.get("/_pauses").json()
                pauses.append(pause)
                print(
                    f"  {name:31} {status} in {seconds:5.2f} s; others: largest gap {gaps[-1] * 1000:4.0f} ms,"
                    f" p99 {percentile(gaps, 99) * 1000:4.0f}; loop: longest pause {pause['longest'] * 1000:4.0f} ms,"
                    f" busy at a stretch {pause['busy'] * 1000:4.0f} ms",
                    flush=True,
                )
            for task in tasks:
                task.cancel()
    for name, meaning in (
        ("busy", "longest work at a stretch"),
        ("longest", "longest pause, with what else runs here"),
    ):
        print(verdict(meaning, max(pause[name] for pause in pauses) * 1000, TARGET, "ms"))


async def _streaming(here: Stage, stack: AsyncExitStack) -> ChatSocket:
    socket = await stack.enter_async_context(here.server.connect(here.server.sign_up()))
    await socket.ask(f"Go on for long. [[fake: {PACE}]]", MODEL)
    return socket


async def answer(here: Stage, text: str) -> tuple[float, str]:
    """Have a text answered, as fast as it comes; return how long that took and how it ended."""
    mark = f"mark-{uuid4().hex}"
    here.fake.script(contains=mark, text=text, chunk=2_000, delay=0.005)
    async with here.server.connect(here.server.sign_up()) as socket:
        started = time.perf_counter()
        await socket.ask(mark, MODEL)
        finished = await socket.receive("reply.finished", within=90)
        seconds = time.perf_counter() - started
    await asyncio.sleep(max(0.0, 2.0 - seconds))
    return seconds, finished["status"]


if __name__ == "__main__":
    run("Hostile answers, while 20 others stream", measure())
