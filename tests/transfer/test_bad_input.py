"""Files made to hurt: they cost little memory, and end in a sentence."""

from __future__ import annotations

import struct
import tracemalloc
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from transfer import stream
from transfer.readers import read_talk
from transfer.storing import prepare
from transfer.stream import MOST_ENTRIES, open_archive, read_elements
from transfer.talk import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MEGABYTE = 1024 * 1024
MOST = 64 * MEGABYTE
"""What anything here may take in memory at once: a few times the largest conversation."""


@contextmanager
def little_memory(most: int = MOST) -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < most
    finally:
        tracemalloc.stop()


def entry(name: bytes, packed: int, unpacked: int, offset: int = 0) -> tuple[bytes, bytes]:
    """Give what stands before a file in an archive, and its line in the list at the end."""
    common = struct.pack("<5HI2I2H", 20, 0, 8, 0, 0, 0, packed, unpacked, len(name), 0)
    local = b"PK\x03\x04" + common + name
    listed = b"PK\x01\x02" + struct.pack("<H", 20) + common + struct.pack("<3H2I", 0, 0, 0, 0, offset) + name
    return local, listed


def ending(count: int, size: int, start: int) -> bytes:
    return b"PK\x05\x06" + struct.pack("<4H2IH", 0, 0, count, count, size, start, 0)


@pytest.fixture
def bomb(tmp_path: Path) -> Path:
    """Make an archive of some megabytes that unpacks to 4 GB of blanks within a list."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    begin = packer.compress(b"[") + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(b" " * 16 * MEGABYTE) + packer.flush(zlib.Z_FULL_FLUSH)
    data = begin + block * 255 + packer.compress(b"]") + packer.flush()
    local, listed = entry(b"conversations.json", len(data), 255 * 16 * MEGABYTE + 2)
    path = tmp_path / "bomb.zip"
    with path.open("wb") as file:
        file.write(local + data + listed + ending(1, len(listed), len(local) + len(data)))
    return path


def test_archive_of_four_gigabytes_ends_in_a_sentence(bomb: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert bomb.stat().st_size < 8 * MEGABYTE
    monkeypatch.setattr(stream, "MOST_UNPACKED", 200 * MEGABYTE)  # the same, in less time
    with little_memory(), pytest.raises(Unreadable, match="holds more than 200 MB"):
        list(read_elements(bomb))


@pytest.mark.parametrize("comment", [b"", b"PK\x05\x06 and more"])
def test_archive_with_a_list_of_a_million_files_is_not_even_listed(tmp_path: Path, comment: bytes) -> None:
    local, listed = entry(b"a", 0, 0)
    count = 1_000_000
    end = ending(65_535, count * len(listed), len(local))
    path = tmp_path / "crowd.zip"
    path.write_bytes(local + listed * count + end[:-2] + struct.pack("<H", len(comment)) + comment)
    with little_memory(MEGABYTE), pytest.raises(Unreadable, match=f"{MOST_ENTRIES:,} files|damaged"):
        open_archive(path)


def test_list_that_hides_its_length_behind_a_larger_ending_is_not_read(tmp_path: Path) -> None:
    local, listed = entry(b"a", 0, 0)
    count = 500_000
    size, start = count * len(listed), len(local)
    larger = b"PK\x06\x06" + struct.pack("<Q2H2I4Q", 44, 45, 45, 0, 0, count, count, size, start)
    locator = b"PK\x06\x07" + struct.pack("<IQI", 0, start + size, 1)
    path = tmp_path / "crowd.zip"
    path.write_bytes(local + listed * count + larger + locator + ending(65_535, 0, 0xFFFFFFFF))
    with little_memory(MEGABYTE), pytest.raises(Unreadable, match=f"{MOST_ENTRIES:,} files"):
        open_archive(path)


def write_messages(path: Path, conversations: int, messages: int, words: str) -> None:
    """Write LibreChat conversations, each message below the one before it."""
    with path.open("w") as file:
        file.write("[")
        for number in range(conversations):
            file.write(f'{"," if number else ""}{{"conversationId":"c{number}","title":"<b>T</b>","messages":[')
            for index in range(messages):
                file.write(
                    f'{"," if index else ""}{{"messageId":"{index}","parentMessageId":"{index - 1}",'
                    f'"isCreatedByUser":true,"text":"{words}"}}'
                )
            file.write("]}")
        file.write("]")


def test_conversation_of_a_million_messages_is_refused_unparsed(tmp_path: Path) -> None:
    path = tmp_path / "million.json"
    message = b'{"messageId":"m","isCreatedByUser":true,"text":"<script>"},'
    with path.open("wb") as file:
        file.write(b'[{"conversationId":"c","messages":[')
        for _ in range(1_000):
            file.write(message * 1_000)
        file.write(b"{}]}]")
    assert path.stat().st_size > 50 * MEGABYTE
    with little_memory(), pytest.raises(Unreadable, match="a conversation of more than 16 MB"):
        list(read_elements(path))


def test_conversation_of_too_many_messages_costs_itself_only(tmp_path: Path) -> None:
    path = tmp_path / "many.json"
    write_messages(path, 3, 20_001, "<b>")
    found = list(read_elements(path))
    assert len(found) == 3
    for one in found:
        assert not isinstance(one, Unreadable)
        with pytest.raises(Unreadable, match="more than 20,000 messages"):
            prepare(read_talk(one))
