"""Where exports and brought files lie: below MEDIA_ROOT, under names that the server made."""

from __future__ import annotations

import errno
import os
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.translation import gettext as _

from chatproject.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from uuid import UUID

    from transfer.models import Export, Import

STRAY_AFTER = 3600


def root() -> Path:
    return Path(settings.MEDIA_ROOT) / "transfer"


def path_of(job: Export | Import) -> Path:
    return root() / f"{job._meta.model_name}-{job.pk}"


def prepare_root() -> None:
    root().mkdir(mode=0o700, parents=True, exist_ok=True)


def keep_file(job: Import, pieces: Iterable[bytes]) -> None:
    """Write what a person brought; raises Unavailable where the disk is full, and leaves nothing then."""
    path = path_of(job)
    prepare_root()
    try:
        with room(), os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            for piece in pieces:
                file.write(piece)
    except Unavailable:
        path.unlink(missing_ok=True)
        raise


def remove_file(job: Export | Import) -> None:
    path_of(job).unlink(missing_ok=True)


def remove_strays(known: set[UUID]) -> int:
    """Remove the files of jobs that are gone, not of those that are just being made; returns how many."""
    names = set(map(str, known))
    before = time.time() - STRAY_AFTER
    found = [path for path in root().glob("*port-*") if path.name.partition("-")[2] not in names]
    strays = [path for path in found if path.stat().st_mtime < before]
    for path in strays:
        path.unlink(missing_ok=True)
    return len(strays)


@contextmanager
def room() -> Iterator[None]:
    """Say in words for people that the disk is full."""
    try:
        yield
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
            raise
        raise Unavailable(
            _("The storage of this site is full. Nothing is lost; ask your operator for room.")
        ) from error
