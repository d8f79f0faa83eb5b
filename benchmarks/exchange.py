"""What one question and its answer cost, and how many a process can take.

The site is one uvicorn process with its two renderers; the provider, PostgreSQL, Redis and the people asking share the
machine with it. An exchange is a question in a new conversation and an answer of 600 characters.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from benchmarks.stage import MODEL, Stage, figures, run, stage

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

    from tests.support.people import Person

CHARACTERS = 600
AT_A_PACE = f"[[fake: chars={CHARACTERS} chunk=12 delay=0.02]]"
AT_ONCE = f"[[fake: chars={CHARACTERS} chunk=60]]"
PEOPLE, READERS, ROUNDS = 100, 20, 5
STATISTICS_DELAY = 11.0
"""Seconds until PostgreSQL's idle sessions have reported what they did."""
STATEMENTS = """
    SELECT calls, query FROM pg_stat_statements JOIN pg_database ON oid = dbid
    WHERE datname = current_database()
    AND query !~ '^(BEGIN|COMMIT|ROLLBACK|SET|SHOW|DISCARD)' AND query !~ 'pg_stat_|pg_catalog|set_config'
"""
"""Ours, without those by which PostgreSQL itself looks after foreign keys."""


@dataclass(frozen=True)
class Use:
    """Processor seconds of the server, of its renderers and of PostgreSQL, and what that has counted."""

    server: float
    renderers: float
    database: float
    statements: int
    transactions: int


async def measure(seconds: float, *, shows_statements: bool, searches: bool) -> None:
    with stage(shared_preload_libraries="pg_stat_statements", track_activity_query_size="4096") as here:
        here.query("CREATE EXTENSION pg_stat_statements")
        if not searches:
            for table in ("message", "conversation"):
                here.query(f"ALTER TABLE conversations_{table} DISABLE TRIGGER USER")
        people = [here.server.sign_up() for _ in range(PEOPLE)]
        await ask_in_turn(here, people[0], AT_ONCE, until=time.monotonic() + 2)
        empty = memory(here)
        here.query("SELECT pg_stat_statements_reset()")
        await cost(here, people[:READERS])
        if shows_statements:
            show_statements(here)
        if not seconds:
            return
        await burst(here, people)
        await throughput(here, people, seconds)
        print(f"  memory (PSS): {empty} after the start, {memory(here)} at the end")


async def cost(here: Stage, people: list[Person]) -> None:
    """Measure what an exchange takes at the pace at which people read."""
    before = await use(here)
    await asyncio.gather(*(ask_in_turn(here, one, AT_A_PACE, times=ROUNDS) for one in people))
    after = await use(here)
    exchanges = len(people) * ROUNDS
    server, renderers, database, statements, transactions = (
        (getattr(after, name) - getattr(before, name)) / exchanges for name in Use.__dataclass_fields__
    )
    print(f"  one exchange, {len(people)} at a time, the answer written within a second or so:")
    print(
        f"    processor time: {server * 1000:.1f} ms in the server, {renderers * 1000:.1f} ms in renderers, "
        f"{database * 1000:.1f} ms in PostgreSQL"
    )
    print(f"    database: {statements:.1f} statements in {transactions:.1f} transactions", flush=True)


async def burst(here: Stage, people: list[Person]) -> None:
    start = asyncio.Barrier(len(people))
    asked = await asyncio.gather(*(ask_in_turn(here, one, AT_A_PACE, times=1, start=start) for one in people))
    print(f"  first word when {len(people)} people ask at once: {figures([first for one in asked for first in one])}")


async def throughput(here: Stage, people: list[Person], seconds: float) -> None:
    processor, started = processor_seconds(here), time.monotonic()
    asked = await asyncio.gather(*(ask_in_turn(here, one, AT_ONCE, until=started + seconds) for one in people))
    took = time.monotonic() - started
    firsts = [first for one in asked for first in one]
    share = (processor_seconds(here)[0] - processor[0]) / took
    print(f"  {len(people)} people who ask again and again: {len(firsts) / took * 60:,.0f} exchanges a minute,")
    print(f"    first word {figures(firsts)}; the server's process had {share:.0%} of a core")


async def ask_in_turn(
    here: Stage,
    person: Person,
    question: str,
    *,
    times: int = 1_000_000,
    until: float = float("inf"),
    start: asyncio.Barrier | None = None,
) -> list[float]:
    """Ask ``times`` times, or until the clock says so; return the seconds to each first word."""
    firsts: list[float] = []
    async with here.server.connect(person) as socket:
        if start:
            await start.wait()
        while len(firsts) < times and time.monotonic() < until:
            firsts.append(await exchange(socket.connection, question))
    return firsts


async def exchange(connection: ClientConnection, question: str) -> float:
    """Ask and read to the end; return the seconds to the first word. Reads as little as it can."""
    command = {"type": "message.send", "client_id": uuid4().hex, "text": f"Tell me. {question}", "model": MODEL}
    started, first = time.perf_counter(), 0.0
    await connection.send(json.dumps({**command, "conversation": None, "parent": None, "attachments": []}))
    async for frame in connection:
        assert isinstance(frame, str)
        if not first and frame.startswith('{"type":"reply.delta"'):
            first = time.perf_counter() - started
        elif frame.startswith('{"type":"reply.finished"'):
            assert '"status":"complete"' in frame, frame
            return first
        assert not frame.startswith('{"type":"error"'), frame
    raise ConnectionError("the server closed the socket")


async def use(here: Stage) -> Use:
    await asyncio.sleep(STATISTICS_DELAY)
    statements = here.query(f"SELECT coalesce(sum(calls), 0)::bigint FROM ({STATEMENTS}) AS counted")[0]
    transactions = here.query(
        "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()"
    )[0]
    return Use(*processor_seconds(here), database_seconds(here), statements, transactions)


def show_statements(here: Stage) -> None:
    found = here.query(f"SELECT json_agg(counted ORDER BY calls DESC) FROM ({STATEMENTS}) AS counted")[0]
    for one in found[:25]:
        print(f"    {one['calls']:6} {' '.join(one['query'].split())[:150]}")


# --- the server's processes -----------------------------------------------------------------------------------------


def processor_seconds(here: Stage) -> tuple[float, float]:
    """Return what the server has used, and what its renderers have."""
    server, *renderers = process_tree(here.server.process.pid)
    return processor_of(server), sum(map(processor_of, renderers))


def database_seconds(here: Stage) -> float:
    """Return what PostgreSQL has used, its ended sessions included."""
    first_line = Path(here.query("SHOW data_directory")[0], "postmaster.pid").read_text().split()[0]
    postmaster = int(first_line)
    ended = Path(f"/proc/{postmaster}/stat").read_text().rpartition(")")[2].split()[13:15]
    return sum(map(processor_of, process_tree(postmaster))) + sum(map(int, ended)) / os.sysconf("SC_CLK_TCK")


def memory(here: Stage) -> str:
    """Say the proportional set size of the server and of its renderers."""
    server, *renderers = (_proportional(pid) for pid in process_tree(here.server.process.pid))
    return f"{server / 1024:.0f} MB + {sum(renderers) / 1024:.0f} MB in {len(renderers)} helpers"


def process_tree(root: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(folder.name))
    tree = [root]
    for pid in tree:  # grows while it is walked
        tree += children.get(pid, [])
    return tree


def processor_of(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _proportional(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("Pss:")))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--seconds", type=float, default=20.0, help="how long people ask again and again; 0: not at all"
    )
    parser.add_argument("--statements", action="store_true", help="list the statements of the exchanges")
    parser.add_argument("--without-search", action="store_true", help="let nothing be kept for searching")
    chosen = parser.parse_args()
    title = "Cost of an exchange" + " without search" * chosen.without_search
    run(title, measure(chosen.seconds, shows_statements=chosen.statements, searches=not chosen.without_search))


if __name__ == "__main__":
    main()
