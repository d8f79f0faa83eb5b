"""Files that messages carry, on their way out and in: what is said of them, and what is taken of an archive."""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from bisect import bisect_left
from contextlib import contextmanager
from functools import lru_cache
from io import BytesIO
from time import monotonic
from typing import IO, TYPE_CHECKING, Any
from uuid import UUID

from django.utils.translation import gettext as _
from uuid_utils.compat import uuid7

from chatproject.errors import DomainError
from chatproject.ids import is_of_the_past
from chatproject.text import one_line, storable
from conversations.attachments import MOST_OF_MESSAGE
from conversations.models import Role
from files import storing
from files.kinds import clean_name, name_as
from files.models import Kind, Upload
from files.selectors import list_carried, list_in_folder
from files.services import keep_file
from transfer.stream import ATTACHED, is_archive, open_archive
from transfer.talk import Brought, Unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from accounts.models import User
    from conversations.models import Conversation
    from transfer.talk import Said

OF_FILE = ("name", "kind", "media_type", "size", "note")
ENDINGS = {"image/png": "png", "image/jpeg": "jpg"}
NOTE_LENGTH = 200
ORDINARY, PATIENCE = 5.0, 300.0
"""Seconds: what reading one file may take, and how much longer all files of an import may take than that.

One that is left out has no such share: files that end in nothing hold up what others export and import no longer.
"""


def describe_files(conversation: Conversation) -> dict[UUID, list[dict[str, Any]]]:
    """Describe the files of a conversation, by the message that carries them."""
    carried = list_carried(conversation)
    return {message: [describe_file(upload) for upload in uploads] for message, uploads in carried.items()}


def list_along(conversation: Conversation) -> list[Upload]:
    """List the files that go along with a conversation, each once: those of its messages and of its folders."""
    listed = [upload for uploads in list_carried(conversation).values() for upload in uploads]
    folder = conversation.folder
    while folder:
        listed += list_in_folder(folder)
        folder = folder.parent
    return list({upload.pk: upload for upload in listed}.values())


def describe_file(upload: Upload) -> dict[str, Any]:
    digest = _digest(upload)
    return {
        "id": str(upload.pk),
        **{name: getattr(upload, name) for name in OF_FILE},
        "sha256": digest,
        "file": member_name(upload) if digest else None,
    }


def _digest(upload: Upload) -> str | None:
    path = storing.path_of(upload)
    try:
        return _digest_of(path, path.stat().st_mtime_ns)
    except FileNotFoundError:
        return None


@lru_cache(maxsize=500)
def _digest_of(path: Path, _written_at: int) -> str:
    """Read a file once for all the conversations that name it, as the files of a folder are."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def member_name(upload: Upload) -> str:
    """Name a file in an archive: below its id, so that no two have the same; a picture with the ending that it has."""
    name = upload.name
    if upload.kind == Kind.PICTURE:
        ending = ENDINGS.get(upload.media_type, "png")
        stem, dot, last = name.rpartition(".")
        same = {last.lower().replace("jpeg", "jpg")} == {ending}
        name = name if dot and same else f"{stem or last}.{ending}"
    return f"{ATTACHED}{upload.pk}/{name}"


class Members:
    """The files of an archive that somebody brought, found by what its conversations say of them."""

    def __init__(self, archive: zipfile.ZipFile | None) -> None:
        self._archive = archive
        listed = [entry for entry in archive.filelist if not entry.is_dir()] if archive else []
        self._by_path = {entry.filename: entry for entry in listed}
        self._by_name = sorted((entry.filename.rpartition("/")[2], entry.filename) for entry in listed)
        self._taken: dict[str, UUID] = {}
        self._late = 0.0

    def close(self) -> None:
        if self._archive:
            self._archive.close()

    def take(self, user: User, brought: Brought, screen: Callable[[str], str]) -> UUID:
        """Keep a file for its person to be carried, and return its id; raises DomainError where that cannot be."""
        if (known := self._taken.get(brought.key)) is None:
            with self._patience(brought):
                known = self._taken[brought.key] = self._keep(user, brought, screen)
        return known

    @contextmanager
    def _patience(self, brought: Brought) -> Iterator[None]:
        """Read a file while there is time for it; raises Unreadable."""
        if self._late > PATIENCE:
            sentence = _("%(name)s took too long to read. It was not attached.")
            raise Unreadable(sentence % {"name": one_line(storable(brought.name))[:100]})
        began, share = monotonic(), 0.0
        try:
            yield
            share = ORDINARY
        finally:
            self._late += max(0.0, monotonic() - began - share)

    def _keep(self, user: User, brought: Brought, screen: Callable[[str], str]) -> UUID:
        wanted, is_theirs = _choose_id(user, brought.key)
        if is_theirs:
            return wanted
        entry = None if brought.data else self._find(brought.place)
        called = clean_name(entry.filename if entry else brought.place)
        wished = brought.name or called.removeprefix(brought.place).lstrip("-_") or called
        upload = Upload(
            id=wanted,
            user=user,
            name=name_as(clean_name(one_line(storable(wished))), called),
            size=entry.file_size if entry else len(brought.data),
            note=one_line(storable(brought.note))[:NOTE_LENGTH],
        )
        with self._open(entry, brought) as source:
            return keep_file(upload, source, screen, called=called).pk

    def _find(self, place: str) -> zipfile.ZipInfo | None:
        """Find a file by its path, or by how its name begins."""
        if not place or place in self._by_path:
            return self._by_path.get(place)
        at = bisect_left(self._by_name, (place, ""))
        if at < len(self._by_name) and self._by_name[at][0].startswith(place):
            return self._by_path[self._by_name[at][1]]
        return None

    @contextmanager
    def _open(self, entry: zipfile.ZipInfo | None, brought: Brought) -> Iterator[IO[bytes]]:
        if brought.data:
            yield BytesIO(brought.data)
            return
        if entry is None or self._archive is None:
            raise Unreadable(_("It is not in what was brought."))
        try:
            with self._archive.open(entry) as file:
                yield file
        except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, ValueError) as error:
            raise Unreadable(_("It is damaged, or locked with a password.")) from error


def _choose_id(user: User, key: str) -> tuple[UUID, bool]:
    """Choose the id of a file, the one it has where nobody else has it; tell whether it is this person's already."""
    try:
        wanted = UUID(key)
    except ValueError:
        return uuid7(), False
    row = Upload.objects.filter(pk=wanted).values_list("user", "is_ready").first()
    if row == (user.pk, True):
        return wanted, True
    return (wanted, False) if row is None and is_of_the_past(wanted) else (uuid7(), False)


def open_members(path: Path) -> Members:
    """Open what was brought, for its files; one that is no archive has none. Raises Unreadable."""
    return Members(open_archive(path) if is_archive(path) else None)


def brought_by(said: Said) -> list[Brought]:
    """List what a message carries: questions do, and no more than one may."""
    return said.files[:MOST_OF_MESSAGE] if said.role == Role.USER else []


def take_files(
    user: User, files: Iterable[Brought], members: Members, screen: Callable[[str], str]
) -> Iterator[UUID | tuple[str, str]]:
    """Take files, one at a time: give the id of each, or its name and why it was left out."""
    for brought in files:
        try:
            yield members.take(user, brought, screen)
        except DomainError as refusal:
            yield one_line(storable(brought.name))[:100] or _("A file"), refusal.message
