"""Whether ten times the answer costs ten times the bytes: those sent to one socket, and those written to the database.

The database's bytes are its write-ahead log (``pg_current_wal_lsn``) from the question to the end of the answer, with
``full_page_writes`` off: every row, index entry and commit it has to make durable, and no copies of pages that depend
on when the last checkpoint was. The socket's are the characters of all its frames, encoded. What an exchange of one
character costs is taken off, as it does not grow.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

from benchmarks.stage import MODEL, Stage, run, stage, verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.people import Person

SHORT, LONG = 10_000, 100_000
TARGET = 1.2
CHUNK = 10
WORDS = ("river", "stone", "light", "answer", "window", "paper", "quiet", "number", "garden", "moment", "letter")


@dataclass(frozen=True)
class Cost:
    sent: int
    written: int


async def measure(speeds: list[int], kinds: list[str]) -> None:
    with stage(full_page_writes="off", autovacuum="off") as here:
        await cost(here, "x", 1000)  # the first one loads code and fills caches
        for speed, kind in itertools.product(speeds, kinds):
            fixed = await cost(here, "x", speed)
            short = await cost(here, KINDS[kind](SHORT), speed)
            long = await cost(here, KINDS[kind](LONG), speed)
            print(f"  {kind} at {speed:,} characters/s")
            for name in ("sent", "written"):
                base, few, many = (getattr(one, name) for one in (fixed, short, long))
                growth = (many - base) / (few - base) / (LONG / SHORT)
                print(f"    bytes {name}: {few:,} for {SHORT:,} characters, {many:,} for {LONG:,} ({base:,} for one)")
                print("  " + verdict(f"{name}, times linear", growth, TARGET, ""), flush=True)


async def cost(here: Stage, text: str, speed: int) -> Cost:
    mark = f"mark-{uuid4().hex}"
    here.fake.script(contains=mark, text=text, chunk=CHUNK * max(1, speed // 2000), delay=_delay(speed))
    person = here.server.sign_up()
    before = _log_position(here)
    sent = await ask(here, person, mark, text)
    await asyncio.sleep(0.2)  # the last commit
    return Cost(sent, _log_position(here) - before)


async def ask(here: Stage, person: Person, mark: str, text: str) -> int:
    """Ask, follow to the end, and return the bytes that came."""
    async with here.server.connect(person) as socket:
        await socket.ask(f"{mark} please", MODEL)
        finished = await socket.receive("reply.finished", within=600)
        assert finished["text"] == text, finished["status"]
        await socket.receive("conversation.changed", where=lambda frame: not frame["running"])
        return sum(
            len(json.dumps(frame, ensure_ascii=False, separators=(",", ":")).encode()) for frame in socket.frames
        )


def _log_position(here: Stage) -> int:
    position: int = here.query("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint")[0]
    return position


def _delay(speed: int) -> float:
    return CHUNK * max(1, speed // 2000) / speed


def paragraphs(characters: int) -> str:
    return _joined((f"{_sentence(words)}\n\n" for words in itertools.repeat(70)), characters)


def code(characters: int) -> str:
    lines = (f"    value_{number} = {_sentence(6)!r}\n" for number in itertools.count())
    return "```python\n" + _joined(lines, characters - 15) + "\n```\n"


def points(characters: int) -> str:
    return _joined((f"* {_sentence(8)}\n" for _ in itertools.count()), characters)


def _sentence(words: int) -> str:
    return " ".join(RANDOM.choices(WORDS, k=words)).capitalize() + f" {RANDOM.randrange(10**6)}."


def _joined(parts: Iterator[str], characters: int) -> str:
    text = ""
    while len(text) < characters:
        text += next(parts)
    return text[:characters]


RANDOM = random.Random(1)
KINDS: dict[str, Callable[[int], str]] = {"paragraphs": paragraphs, "one block of code": code, "one list": points}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--speeds", type=int, nargs="+", default=[4000])
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    chosen = parser.parse_args()
    run("Growth from 10,000 to 100,000 characters", measure(chosen.speeds, chosen.kinds))


if __name__ == "__main__":
    main()
