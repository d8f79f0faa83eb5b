"""How soon the first word of an answer is at the socket when no model is asked: from before, and from the FAQ.

Measured from before the question is sent until its first text is read; the question is stored and accepted meanwhile.
"""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING

from benchmarks.stage import MODEL, figures, run, stage, verdict
from tests.support.processes import wait_until
from tests.support.socket import PATIENCE

if TYPE_CHECKING:
    from benchmarks.stage import Stage
    from tests.support.socket import ChatSocket

SENDS, WARM_UP = 100, 20
QUESTION = "What is the capital of France?"
WRITTEN = "How do I reset my password?"
TARGET = 20.0


async def measure() -> None:
    with stage() as here:
        prepare(here)
        async with here.server.connect(here.server.sign_up()) as socket:
            await ask_until_it_is_kept(socket)
            for source, question in (("cache", QUESTION), ("faq", WRITTEN)):
                taken = [await ask(socket, question, source) for _ in range(WARM_UP + SENDS)][WARM_UP:]
                accepted, first = zip(*taken, strict=True)
                print(f"  {source}, accepted:   {figures(accepted)}")
                print(f"  {source}, first word: {figures(first)}")
                print(verdict(f"{source}, median first word", statistics.median(first) * 1000, TARGET, "ms"))


def prepare(here: Stage) -> None:
    from faq.entries import save_entry  # noqa: PLC0415 - after the settings
    from faq.models import Entry  # noqa: PLC0415
    from providers.models import LanguageModel  # noqa: PLC0415

    with here.server.database():
        save_entry(Entry(question=WRITTEN, answer="Under **Settings**, _Password_. " * 20))
        asked = LanguageModel.objects.filter(provider__slug="openai", name=MODEL.partition("/")[2])
        wait_until(lambda: asked.update(reuses_answers=True), within=PATIENCE, what="the list of models")


async def ask_until_it_is_kept(socket: ChatSocket) -> None:
    """Wait until the process has heard that answers are repeated, and has one."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        asked = await socket.ask(QUESTION, MODEL)
        ended = await socket.receive("reply.finished", where=lambda frame: frame["reply"] == asked["reply"])  # noqa: B023 - awaited here
        if ended["source"] == "cache":
            return
    raise AssertionError("no answer was kept")


async def ask(socket: ChatSocket, question: str, source: str) -> tuple[float, float]:
    """Return the seconds until it is accepted and until the first text."""
    started = time.perf_counter()
    asked = await socket.ask(question, MODEL)
    accepted = time.perf_counter() - started
    await socket.receive("reply.delta", where=lambda frame: frame["reply"] == asked["reply"])
    first = time.perf_counter() - started
    ended = await socket.receive("reply.finished", where=lambda frame: frame["reply"] == asked["reply"])
    assert ended["source"] == source, ended
    return accepted, first


if __name__ == "__main__":
    run("Time to the first word of an answer that is there", measure())
