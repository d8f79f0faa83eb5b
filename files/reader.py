"""Has files read by a process of its own, one for each file, that is killed when it takes too long.

It gets no environment of ours, so no secrets, and the kernel holds its memory and processor time to
``files.parsing.limits``. Few run at a time; who waits too long is told to try again.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from django.conf import settings
from django.utils.translation import gettext as _

from chatproject.errors import BadRequest, Unavailable
from files.parsing.limits import SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from files.kinds import Format

logger = logging.getLogger(__name__)

READERS = 2
PATIENCE = 30.0
NICENESS = 10
_places = threading.Condition()
_reading: set[object] = set()
"""Whose files are being read: one of each person, so that nobody takes all places."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read: of a document ``text``, of a picture all the rest. ``note`` is for its owner."""

    text: str = ""
    note: str = ""
    media_type: str = ""
    width: int = 0
    height: int = 0
    data: bytes = b""
    thumbnail: bytes = b""


class Unread(BadRequest):
    """A file could not be read; the sentence says why."""

    code = "unreadable_file"


def read_file(source: IO[bytes], form: Format, name: str, *, owner: object, seconds: float = SECONDS) -> Reading:
    """Read an open file of ``owner``; raises Unread, or Unavailable where too many are read at the moment."""
    try:
        with _place_of(owner):
            output = _run(source, form, seconds)
    except subprocess.TimeoutExpired:
        raise Unread(_("%(name)s took too long to read. It was not attached.") % {"name": name}) from None
    told, blobs = _understand(output)
    if told is None:
        raise Unread(_("%(name)s could not be read. It was not attached.") % {"name": name})
    if error := told.pop("error", ""):
        raise Unread(_(error) % {"name": name})
    sizes = told.pop("sizes", (0, 0))
    told["note"] = _(told.get("note", ""))
    return Reading(**told, data=blobs[: sizes[0]], thumbnail=blobs[sizes[0] :])


@contextmanager
def _place_of(owner: object) -> Iterator[None]:
    with _places:
        if not _places.wait_for(lambda: len(_reading) < READERS and owner not in _reading, PATIENCE):
            raise Unavailable(_("Many files are being read at the moment. Please try again."), retry_after=PATIENCE)
        _reading.add(owner)
        _places.notify_all()
    try:
        yield
    finally:
        with _places:
            _reading.discard(owner)
            _places.notify_all()


def _run(source: IO[bytes], form: Format, seconds: float) -> bytes:
    command = ["nice", "-n", str(NICENESS), sys.executable, "-B", "-s", "-m", "files.parsing", form]
    environment = {"PYTHONPATH": str(settings.BASE_DIR), "PYTHONIOENCODING": "utf-8", "LANG": "C.UTF-8"}
    done = subprocess.run(  # noqa: S603 - our own module, and no word of the person's
        command,
        stdin=source,
        capture_output=True,
        timeout=seconds,
        env=environment,
        cwd="/",
        check=False,
    )
    if done.returncode:
        logger.warning("A reader of files ended with %d", done.returncode)
    return done.stdout


def _understand(output: bytes) -> tuple[dict[str, Any] | None, bytes]:
    line, _end, blobs = output.partition(b"\n")
    try:
        return json.loads(line), blobs
    except ValueError:
        return None, b""
