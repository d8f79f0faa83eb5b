"""What the door for OpenAI's clients adds: time to the first token, and throughput beside a proxy that does nothing.

The site is one uvicorn process with PostgreSQL and Redis; the proxy is one process of aiohttp, on the same event loop.
Both ask the same provider, and take turns. All of them share the machine with the programs that ask.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import statistics
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import aiohttp

from benchmarks.exchange import processor_of
from benchmarks.stage import MODEL, figures, run, stage, verdict
from tests.support.ports import free_port
from tests.support.processes import start_process, stop_process, wait_until

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
SHORT = "[[fake: chars=600 chunk=60]]"
LOADS = {
    "of 60 pieces, one each 20 ms": ("[[fake: chars=600 chunk=10 delay=0.02]]", 150),
    "of 500 tokens at once": ("[[fake: chars=2250 chunk=4]]", 32),
    "of 100 tokens at once": ("[[fake: chars=450 chunk=4]]", 32),
    "of 10 pieces at once": (SHORT, 32),
}
"""What is asked, and by how many programs at the same time: as models write, and as none does."""

AT_A_PACE = "[[fake: chars=450 chunk=4 delay=0.02]]"
QUESTIONS = 100
WARM_UP = 1.0
ROUNDS = 3
LARGEST_ADDED = 0.020
LEAST_SHARE = 0.5


@dataclass(frozen=True)
class Target:
    """Somebody who answers as OpenAI does."""

    name: str
    url: str
    key: str
    model: str
    pid: int

    def request(self, question: str) -> dict[str, Any]:
        body = {"model": self.model, "messages": [{"role": "user", "content": f"Tell me. {question}"}], "stream": True}
        return {
            "url": f"{self.url}/v1/chat/completions",
            "json": body,
            "headers": {"authorization": f"Bearer {self.key}"},
        }


async def measure(seconds: float) -> None:
    with stage() as here, bare_proxy(here.fake.root_url) as (proxy_url, proxy_pid):
        provider_model = MODEL.partition("/")[2]
        token = here.server.give_token(here.server.sign_up())
        door = Target("door", here.server.url, token, MODEL, here.server.process.pid)
        proxy = Target("proxy", proxy_url, "sk-test-openai", provider_model, proxy_pid)
        provider = Target("provider", here.fake.root_url, "sk-test-openai", provider_model, 0)
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as client:
            for target in (door, proxy, provider):
                await gather_answers(client, target, SHORT, 32, until=time.monotonic() + WARM_UP)
            await first_tokens(client, door, proxy, provider)
            for name, (question, programs) in LOADS.items():
                print(f"  answers {name}, {programs} programs that ask again and again:")
                await throughput(client, question, programs, (door, proxy), seconds)


@contextmanager
def bare_proxy(provider: str) -> Iterator[tuple[str, int]]:
    port = free_port()
    process = start_process([sys.executable, "-m", "benchmarks.bare_proxy", provider, str(port)])
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: _is_open(process, url), within=20, what="the proxy to listen")
        yield url, process.pid
    finally:
        stop_process(process, within=10)


def _is_open(process: subprocess.Popen[bytes], url: str) -> bool:
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=1)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status > 0
    except OSError:
        assert process.poll() is None, "the proxy has ended"
        return False
    finally:
        connection.close()


async def first_tokens(client: aiohttp.ClientSession, *targets: Target) -> None:
    """Ask one question after the other, each of everybody in turn."""
    firsts: dict[str, list[float]] = {target.name: [] for target in targets}
    for _number in range(QUESTIONS):
        for target in targets:
            firsts[target.name].append(await ask(client, target, AT_A_PACE, only_first=True))
    own = statistics.median(firsts["provider"])
    for target in targets:
        print(f"  first token of the {target.name}: {figures(firsts[target.name])}")
    added = statistics.median(firsts["door"]) - own
    print(f"  added by the proxy: {(statistics.median(firsts['proxy']) - own) * 1000:.1f} ms")
    print(verdict("added by the door", added * 1000, LARGEST_ADDED * 1000, "ms"), flush=True)


async def throughput(
    client: aiohttp.ClientSession, question: str, programs: int, targets: tuple[Target, Target], seconds: float
) -> None:
    """Let programs ask again and again; door and proxy take turns, so that neither has the quieter machine."""
    rates: dict[str, list[float]] = {target.name: [] for target in targets}
    for number in range(ROUNDS):
        for target in targets:
            before = processor_of(target.pid)
            started = time.monotonic()
            firsts = await gather_answers(client, target, question, programs, until=started + seconds)
            took = time.monotonic() - started
            rates[target.name].append(len(firsts) / took)
            if number == ROUNDS - 1:
                spent = processor_of(target.pid) - before
                print(
                    f"    {target.name}: {statistics.median(rates[target.name]) * 60:,.0f} a minute; each takes "
                    f"{spent / len(firsts) * 1000:.2f} ms of processor; first token {figures(firsts)}"
                )
    share = statistics.median(rates["door"]) / statistics.median(rates["proxy"])
    is_met = "met" if share >= LEAST_SHARE else "MISSED"
    print(f"    the door's share of the proxy: {share:.2f} (target at least {LEAST_SHARE:g}: {is_met})", flush=True)


async def gather_answers(
    client: aiohttp.ClientSession, target: Target, question: str, programs: int, *, until: float
) -> list[float]:
    async def ask_in_turn() -> list[float]:
        firsts = []
        while time.monotonic() < until:
            firsts.append(await ask(client, target, question))
        return firsts

    asked = await asyncio.gather(*(ask_in_turn() for _program in range(programs)))
    return [first for one in asked for first in one]


async def ask(client: aiohttp.ClientSession, target: Target, question: str, *, only_first: bool = False) -> float:
    """Ask and read to the end; return the seconds to the first word."""
    started, first, tail = time.perf_counter(), 0.0, b""
    async with client.post(**target.request(question)) as answer:
        assert answer.status == 200, await answer.text()
        async for piece in answer.content.iter_any():
            if not first and b'"content":"' in piece.replace(b'"content":""', b""):
                first = time.perf_counter() - started
                if only_first:
                    break
            tail = (tail + piece)[-20:]
    assert first
    assert only_first or b"[DONE]" in tail, tail
    return first


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0, help="how long programs ask one target at a time")
    run("The door for OpenAI's clients", measure(parser.parse_args().seconds))


if __name__ == "__main__":
    main()
