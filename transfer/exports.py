"""Writing everything a person has into one file, a few conversations at a time."""

from __future__ import annotations

import os
import zipfile
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import limits
from accounts.models import User
from chatproject.errors import Conflict
from conversations.selectors import own_conversations
from files.selectors import list_sent
from transfer import archive, documents, places
from transfer.models import Export, Format, State

if TYPE_CHECKING:
    from pathlib import Path

    from django.db.models import QuerySet

    from conversations.models import Conversation
    from files.models import Upload

BATCH = 20
BEGIN, BETWEEN, END = b"[\n", b",\n", b"\n]\n"


def start_export(user: User, file_format: Format) -> Export:
    """Have everything of a person exported; raises Conflict while another export of theirs goes on, TooManyRequests."""
    limits.require(limits.WRITINGS, user.pk, settings.RATE_LIMIT_MESSAGES)
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        if Export.objects.filter(user=user, state__in=[State.WAITING, State.RUNNING]).exists():
            raise Conflict(_("An export is being made already. Wait for it, or remove it first."))
        return Export.objects.create(user=user, format=file_format, total=_exported(user).count())


def write_some(export: Export) -> bool:
    """Write the next conversations, and note how far it came; False at the end, or where the export is gone.

    What is in the file but not noted is written again: the file is cut back to what was noted.
    """
    places.prepare_root()
    path = places.path_of(export)
    waiting = _exported(export.user).order_by("pk")
    if export.cursor:
        waiting = waiting.filter(pk__gt=export.cursor)
    batch = list(waiting[:BATCH])
    with places.room():
        size = (_append_json if export.format == Format.JSON else _append_documents)(export, path, batch)
    export.size = size
    export.done += len(batch)
    export.cursor = batch[-1].pk if batch else export.cursor
    export.heartbeat_at, export.tries = timezone.now(), 0
    if not batch:
        export.state, export.finished_at = State.DONE, timezone.now()
        export.files_size = sum(upload.size for upload in list_packed(export))
    names = ("size", "files_size", "done", "cursor", "heartbeat_at", "tries", "state", "finished_at")
    still_there = Export.objects.filter(pk=export.pk, state=State.RUNNING)
    if not still_there.update(**{name: getattr(export, name) for name in names}):
        places.remove_file(export)
        return False
    return bool(batch)


def list_packed(export: Export) -> list[Upload]:
    """List the files that go along with an export, as far as they are still there; documents take none along."""
    if export.format != Format.JSON or export.finished_at is None:
        return []
    return list_sent(export.user, export.finished_at)


def _exported(user: User) -> QuerySet[Conversation]:
    return own_conversations(user).select_related("folder__parent").prefetch_related("tags")


def _append_json(export: Export, path: Path, batch: list[Conversation]) -> int:
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
        file.truncate(export.size)
        file.seek(export.size)
        if not export.size:
            file.write(BEGIN)
        for number, conversation in enumerate(batch):
            if export.done or number:
                file.write(BETWEEN)
            file.write(archive.encode(archive.describe(conversation)))
        if not batch:
            file.write(END)
        return file.tell()


def _append_documents(export: Export, path: Path, batch: list[Conversation]) -> int:
    """Add a file each; what a crash left half written is begun anew."""
    if not _is_as_noted(export, path):
        path.unlink(missing_ok=True)
        export.done, export.cursor = 0, None
        batch[:] = _exported(export.user).order_by("pk")[:BATCH]
    write = documents.to_markdown if export.format == Format.MARKDOWN else documents.to_html
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
        with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as target:
            for conversation in batch:
                name = documents.file_name(conversation, export.format)
                day = f"{conversation.created_at:%Y-%m-%d}"
                target.writestr(f"{day} {str(conversation.pk)[-6:]} {name}", write(conversation))
        return file.seek(0, os.SEEK_END)


def _is_as_noted(export: Export, path: Path) -> bool:
    if not export.done:
        return not path.exists()
    try:
        with zipfile.ZipFile(path) as written:
            return len(written.namelist()) == export.done
    except (OSError, zipfile.BadZipFile):
        return False
