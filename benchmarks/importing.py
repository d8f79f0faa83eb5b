"""What an import of 10,000 conversations takes of the memory of the process that makes it, and of time."""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.stage import Stage, stage, verdict

if TYPE_CHECKING:
    from tests.support.people import Person

TARGET = 150.0
DATA = "/settings/data/"
WORDS = "The sky is **blue** because the air scatters blue light more than red, 天空. " * 6


def make_file(conversations: int, messages: int) -> bytes:
    """Write what Open WebUI exports: each conversation a chain of questions and answers."""
    rows = []
    for number in range(conversations):
        nodes = {
            str(index): {
                "id": str(index),
                "parentId": str(index - 1) if index else None,
                "role": "assistant" if index % 2 else "user",
                "content": f"{WORDS}{number}",
            }
            for index in range(messages)
        }
        history = {"messages": nodes, "currentId": str(messages - 1)}
        rows.append({"id": f"c{number}", "title": f"Talk {number}", "chat": {"history": history}})
    return json.dumps(rows).encode()


def memory(here: Stage, line: str) -> float:
    """Read what a process holds (VmRSS) or held at most (VmHWM), in MB."""
    status = Path(f"/proc/{here.server.process.pid}/status").read_text()
    return int(re.findall(rf"{line}:\s+(\d+)", status)[0]) / 1024


def wait_for(here: Stage, person: Person, words: str) -> str:
    while words not in (page := here.server.get(DATA, person).text):
        time.sleep(0.5)
    return page


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--conversations", type=int, default=10_000)
    options.add_argument("--messages", type=int, default=2)
    given = options.parse_args()
    with stage() as here:
        from tests.transfer.test_bodies import send  # noqa: PLC0415 - after the settings

        person = here.server.sign_up()
        content = make_file(given.conversations, given.messages)
        before = memory(here, "VmRSS")
        began = time.monotonic()
        assert send(here.server, person, f"{DATA}imports/", content).status == 302
        page = wait_for(here, person, "/take/")
        looked = time.monotonic()
        here.server.post(re.findall(rf"{DATA}imports/[0-9a-f-]+/take/", page)[0], person)
        wait_for(here, person, "conversations added")
        taken = time.monotonic()
        peak = memory(here, "VmHWM")
    print(f"  a file of {len(content) / 1024**2:.0f} MB, {given.conversations:,} conversations")
    print(f"  looked through in {looked - began:.0f} s, taken in {taken - looked:.0f} s")
    print(f"  the process held {before:.0f} MB before, and {peak:.0f} MB at most")
    print(verdict("what the import took", peak - before, TARGET, "MB"))
    return 0 if peak - before <= TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
