"""Files of many conversations, read one at a time: JSON of any size, as it is or in an archive.

Where a file begins with a list, its elements are the conversations; else each object that stands in it is one (so one
object alone, and one a line, are understood, too). An element is parsed only when its end was seen, and never if it is
larger than any conversation.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

import orjson

from transfer.talk import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CHUNK = 256 * 1024
LARGEST_ELEMENT = 16 * 1024 * 1024
MOST_ENTRIES = 10_000
MOST_UNPACKED = 1024 * 1024 * 1024
_ZIP = b"PK\x03\x04"
_MARK = b"\xef\xbb\xbf"
# A whole string where its end is here already, else only its beginning.
_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|["\[\]{}]', re.DOTALL)
_OPENING, _CLOSING = frozenset(b"[{"), frozenset(b"]}")


def read_elements(path: Path) -> Iterator[dict[str, Any] | Unreadable]:
    """Give each object of a file, or what is wrong with it.

    Raises Unreadable, perhaps after some, where the file cannot be read on.
    """
    with path.open("rb") as file:
        is_archive = file.read(len(_ZIP)) == _ZIP
    if not is_archive:
        with path.open("rb") as file:
            yield from _parsed(file)
        return
    with _archive(path) as archive:
        budget = MOST_UNPACKED
        for entry in _conversations_of(archive):
            with archive.open(entry) as file:
                counted = _Counted(file, budget)
                yield from _parsed(counted)
                budget = counted.left


@contextmanager
def _archive(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise Unreadable("This archive is damaged, or locked with a password.") from error


def _conversations_of(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """Choose the files with conversations; the others of an export (people, feedback, pictures) are none."""
    if len(archive.filelist) > MOST_ENTRIES:
        raise Unreadable(f"This archive has more than {MOST_ENTRIES:,} files.")
    found = [entry for entry in archive.filelist if not entry.is_dir() and entry.filename.lower().endswith(".json")]
    named = [entry for entry in found if entry.filename.rpartition("/")[2].lower().startswith("conversations")]
    return named or found


class _Counted:
    """A file of an archive that ends the reading where there is more of it than anybody has."""

    def __init__(self, file: IO[bytes], left: int) -> None:
        self._file = file
        self.left = left

    def read(self, size: int) -> bytes:
        data = self._file.read(size)
        self.left -= len(data)
        if self.left < 0:
            raise Unreadable(f"This archive holds more than {MOST_UNPACKED // 1024**2:,} MB.")
        return data


def _parsed(file: IO[bytes] | _Counted) -> Iterator[dict[str, Any] | Unreadable]:
    for element in _split(file):
        try:
            found = orjson.loads(element)
        except orjson.JSONDecodeError:
            yield Unreadable("It is no readable JSON, or nested too deeply.")
            continue
        yield found if isinstance(found, dict) else Unreadable("It is no conversation.")


def _split(file: IO[bytes] | _Counted) -> Iterator[bytes]:
    """Cut a file into its objects; raises Unreadable where one has no end, or none within LARGEST_ELEMENT."""
    splitter = _Splitter()
    while more := file.read(CHUNK):
        yield from splitter.feed(more)
        if splitter.kept > LARGEST_ELEMENT:
            raise Unreadable(f"This file holds a conversation of more than {LARGEST_ELEMENT // 1024**2} MB.")
    if splitter.is_open:
        raise Unreadable("This file breaks off in the middle, or is no JSON.")


class _Splitter:
    """Finds the ends of objects in a text that comes in pieces."""

    def __init__(self) -> None:
        self._buffer = b""
        self._position = 0
        self._depth = 0
        self._level: int | None = None
        self._start: int | None = None

    @property
    def kept(self) -> int:
        """Count the bytes that wait for an end."""
        return len(self._buffer) - self._waiting

    @property
    def is_open(self) -> bool:
        return self._depth > 0 or self._position < len(self._buffer)

    @property
    def _waiting(self) -> int:
        return self._position if self._start is None else self._start

    def feed(self, more: bytes) -> Iterator[bytes]:
        if self._level is None:
            more = more.removeprefix(_MARK)
            self._level = int(more.lstrip().startswith(b"["))
        kept = self._waiting
        self._buffer = self._buffer[kept:] + more
        self._position -= kept
        self._start = None if self._start is None else self._start - kept
        for token in _TOKEN.finditer(self._buffer, self._position):
            if token[0] == b'"':  # its end is still to come
                self._position = token.start()
                return
            self._position = token.end()
            if (start := self._end_of(token)) is not None:
                yield self._buffer[start : token.end()]
        self._position = len(self._buffer)

    def _end_of(self, token: re.Match[bytes]) -> int | None:
        """Note a bracket; give where the object began that it ends."""
        sign = token[0][0]
        if sign in _OPENING:
            self._start = token.start() if self._depth == self._level else self._start
            self._depth += 1
        elif sign in _CLOSING:
            self._depth -= 1
            if self._depth == self._level:
                start, self._start = self._start, None
                return start
        return None
