"""An archive of conversations and their files, packed while it is sent: no copy of anybody's files is made for it."""

from __future__ import annotations

import zipfile
from typing import IO, TYPE_CHECKING

from django.utils import timezone

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

CONVERSATIONS = "conversations.json"
PIECE = 256 * 1024


class _Outgoing:
    """What the archive writes, until it is fetched."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, piece: bytes) -> int:
        self._pieces.append(bytes(piece))
        return len(piece)

    def flush(self) -> None:
        """Keep nothing back anyway."""

    def fetch(self) -> bytes:
        fetched, self._pieces = b"".join(self._pieces), []
        return fetched


def pack(conversations: Iterable[bytes], files: Iterable[tuple[str, Path]]) -> Iterator[bytes]:
    """Give the pieces of an archive: the conversations, and the files that are still there, each under its name."""
    outgoing = _Outgoing()
    with zipfile.ZipFile(outgoing, "w") as archive:  # type: ignore[call-overload]  # all it needs of a file is write
        yield from _packed(archive, outgoing, CONVERSATIONS, conversations, zipfile.ZIP_DEFLATED)
        for name, path in files:
            try:
                file = path.open("rb")
            except FileNotFoundError:
                continue  # its person deleted it meanwhile
            with file:
                yield from _packed(archive, outgoing, name, _read(file), zipfile.ZIP_STORED)
    yield outgoing.fetch()


def read_file(path: Path) -> Iterator[bytes]:
    """Give a file in pieces."""
    with path.open("rb") as file:
        yield from _read(file)


def _read(file: IO[bytes]) -> Iterator[bytes]:
    return iter(lambda: file.read(PIECE), b"")


def _packed(
    archive: zipfile.ZipFile, outgoing: _Outgoing, name: str, pieces: Iterable[bytes], method: int
) -> Iterator[bytes]:
    entry = zipfile.ZipInfo(name, timezone.now().timetuple()[:6])
    entry.compress_type = method
    with archive.open(entry, "w", force_zip64=True) as target:
        for piece in pieces:
            target.write(piece)
            yield outgoing.fetch()
