"""A file of thousands of conversations takes the memory of one."""

from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING

import orjson
import pytest

from transfer.readers import read_talk
from transfer.storing import prepare
from transfer.stream import read_elements
from transfer.talk import Unreadable

if TYPE_CHECKING:
    from pathlib import Path

CONVERSATIONS, MESSAGES = 1_000, 10
MOST = 8 * 1024 * 1024


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("large") / "conversations.json"
    words = "Words and more words, 天空. " * 80
    with path.open("wb") as file:
        for number in range(CONVERSATIONS):
            nodes = {
                str(index): {
                    "id": str(index),
                    "parent": str(index - 1) if index else None,
                    "message": {"author": {"role": "user"}, "content": {"content_type": "text", "parts": [words]}},
                }
                for index in range(MESSAGES)
            }
            file.write(b",\n" if number else b"[\n")
            file.write(orjson.dumps({"conversation_id": str(number), "title": "T", "mapping": nodes}))
        file.write(b"\n]")
    return path


def test_reading_takes_the_memory_of_one_conversation(large: Path) -> None:
    assert large.stat().st_size > 2 * MOST
    tracemalloc.start()
    try:
        count = 0
        for element in read_elements(large):
            assert not isinstance(element, Unreadable)
            count += len(prepare(read_talk(element)).messages)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == CONVERSATIONS * MESSAGES
    assert peak < MOST
