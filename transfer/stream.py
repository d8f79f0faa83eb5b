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
from django.utils.translation import gettext as _

from transfer.talk import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CHUNK = 256 * 1024
LARGEST_ELEMENT = 16 * 1024 * 1024
MOST_ENTRIES = 10_000
MOST_UNPACKED = 1024 * 1024 * 1024
ATTACHED = "files/"
"""Where our own archives have what messages carry, which may be anything."""

_ZIP = b"PK\x03\x04"
END, LOCATOR, LARGER_END, LONGEST_COMMENT = 22, 20, 56, 65_535
"""Bytes of what ends an archive; a large one has the two before it, too."""

LONGEST_LIST = 400 * MOST_ENTRIES
_END, _LOCATOR = b"PK\x05\x06", b"PK\x06\x07"
_MARK = b"\xef\xbb\xbf"
# Everything up to the next bracket, over whole strings; no bracket where there is none yet, or a string has no end yet.
_NEXT = re.compile(rb'(?:[^"\[\]{}]++|"[^"\\]*+(?:\\.[^"\\]*+)*+")*+([\[\]{}])?', re.DOTALL)
_OPENING, _CLOSING = frozenset(b"[{"), frozenset(b"]}")


def read_elements(path: Path) -> Iterator[dict[str, Any] | Unreadable]:
    """Give each object of a file, or what is wrong with it.

    Raises Unreadable, perhaps after some, where the file cannot be read on.
    """
    if not is_archive(path):
        with path.open("rb") as file:
            yield from _parsed(file)
        return
    with open_archive(path) as archive, _in_words():
        budget = MOST_UNPACKED
        for entry in _conversations_of(archive):
            with archive.open(entry) as file:
                counted = _Counted(file, budget)
                yield from _parsed(counted)
                budget = counted.left


def is_archive(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_ZIP)) == _ZIP


def open_archive(path: Path) -> zipfile.ZipFile:
    """Open an archive; raises Unreadable for a damaged one, and for one with too many files."""
    _require_modest(path)
    with _in_words():
        archive = zipfile.ZipFile(path)
    if len(archive.filelist) > MOST_ENTRIES:
        archive.close()
        raise _crowded()
    return archive


def _require_modest(path: Path) -> None:
    """Look how long the list of files is, before all of it is read into memory: at the same place as ``zipfile``."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - LARGER_END - LOCATOR - END - LONGEST_COMMENT))
        tail = file.read()
    has_no_comment = tail[-END:].startswith(_END) and tail.endswith(b"\0\0")
    at = len(tail) - END if has_no_comment else tail.rfind(_END)
    size = int.from_bytes(tail[at + 12 : at + 16], "little")
    if tail[max(0, at - LOCATOR) : max(0, at)].startswith(_LOCATOR):
        larger = max(0, at - LOCATOR - LARGER_END)
        size = int.from_bytes(tail[larger + 40 : larger + 48], "little")
    if at >= 0 and size > LONGEST_LIST:
        raise _crowded()


def _crowded() -> Unreadable:
    return Unreadable(_("This archive has more than %(count)s files.") % {"count": f"{MOST_ENTRIES:,}"})


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise Unreadable(_("This archive is damaged, or locked with a password.")) from error


def _conversations_of(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """Choose the files with conversations; the others of an export (people, feedback, pictures) are none."""
    files = [entry for entry in archive.filelist if not entry.is_dir() and not entry.filename.startswith(ATTACHED)]
    found = [entry for entry in files if entry.filename.lower().endswith(".json")]
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
            raise Unreadable(_("This archive holds more than %(size)s MB.") % {"size": f"{MOST_UNPACKED // 1024**2:,}"})
        return data


def _parsed(file: IO[bytes] | _Counted) -> Iterator[dict[str, Any] | Unreadable]:
    for element in _split(file):
        try:
            found = orjson.loads(element)
        except orjson.JSONDecodeError:
            yield Unreadable(_("It is no readable JSON, or nested too deeply."))
            continue
        yield found if isinstance(found, dict) else Unreadable(_("It is no conversation."))


def _split(file: IO[bytes] | _Counted) -> Iterator[bytes]:
    """Cut a file into its objects; raises Unreadable where one has no end, or none within LARGEST_ELEMENT."""
    splitter = _Splitter()
    while more := file.read(CHUNK):
        yield from splitter.feed(more)
        if splitter.kept > LARGEST_ELEMENT:
            most = LARGEST_ELEMENT // 1024**2
            raise Unreadable(_("This file holds a conversation of more than %(size)s MB.") % {"size": most})
    if splitter.is_open:
        raise Unreadable(_("This file breaks off in the middle, or is no JSON."))


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
        while found := _NEXT.match(self._buffer, self._position):
            self._position = found.end()
            if found[1] is None:
                return
            if (start := self._end_of(found)) is not None:
                yield self._buffer[start : found.end()]

    def _end_of(self, found: re.Match[bytes]) -> int | None:
        """Note a bracket; give where the object began that it ends."""
        sign = found[1][0]
        if sign in _OPENING:
            self._start = found.start(1) if self._depth == self._level else self._start
            self._depth += 1
        elif sign in _CLOSING:
            self._depth -= 1
            if self._depth == self._level:
                start, self._start = self._start, None
                return start
        return None
