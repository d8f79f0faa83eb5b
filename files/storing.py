"""Where files lie: below MEDIA_ROOT, a folder for each person, under names that the server made.

``<id>`` is the file, ``<id>.small`` a picture's thumbnail, ``<id>.part`` what arrived and is not read yet. Nobody's
words are in a path.
"""

from __future__ import annotations

import re
import shutil
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Literal
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from chatproject.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from files.models import Upload

Part = Literal["", ".small", ".part"]
PARTS: tuple[Part, ...] = ("", ".small", ".part")
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class StorageFull(DomainError):
    """There is no room on the disk; everything else goes on."""

    code = "storage_full"
    http_status = 507


def root() -> Path:
    """Give the folder that holds a folder for each person."""
    return Path(settings.MEDIA_ROOT) / "files"


def path_of(upload: Upload, part: Part = "") -> Path:
    return root() / str(upload.user_id) / f"{upload.pk}{part}"


def write(upload: Upload, part: Part, pieces: Iterable[bytes]) -> int:
    """Write a part and return its size in bytes; raises StorageFull."""
    with _room():
        path = path_of(upload, part)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        with path.open("wb") as file:
            for piece in pieces:
                file.write(piece)
            return file.tell()


@contextmanager
def _room() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageFull(_("There is no room for files at the moment. Please tell your operator.")) from error


def open_part(upload: Upload, part: Part = "") -> IO[bytes]:
    """Open a part to read it; raises FileNotFoundError."""
    return path_of(upload, part).open("rb")


def settle(upload: Upload) -> None:
    """Let what arrived be the file itself."""
    with _room():
        path_of(upload, ".part").replace(path_of(upload))


def remove(upload: Upload, *parts: Part) -> None:
    """Remove these parts, or all; what is not there is no trouble."""
    for part in parts or PARTS:
        with suppress(FileNotFoundError, NotADirectoryError):
            path_of(upload, part).unlink()


def list_folders() -> list[UUID]:
    """List whose folders there are."""
    names = [path.name for path in root().iterdir()] if root().is_dir() else []
    return [UUID(name) for name in names if _ID.fullmatch(name)]


def remove_folder(user_id: UUID) -> None:
    """Remove all that a person had here."""
    shutil.rmtree(root() / str(user_id), ignore_errors=True)
