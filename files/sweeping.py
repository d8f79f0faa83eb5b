"""Removes the files that nobody needs: those whose messages are gone, and those that were never sent.

The rows go with their messages and people by themselves; the files follow here, those of a deleted person at once.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from django.db import Error as DatabaseError
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from accounts.models import User
from chatproject.database import in_database
from conversations.models import QueuedMessage
from files import storing
from files.models import Attachment, FolderFile, Upload
from files.services import remove_upload

if TYPE_CHECKING:
    from uuid import UUID

logger = logging.getLogger(__name__)

INTERVAL = 300.0
UNSENT_FOR = timedelta(days=2)
"""A draft with files may wait over a night."""

UNREAD_FOR = timedelta(minutes=15)
"""Longer than any reading takes: the process that read it died."""

MOST_AT_ONCE = 1_000


def remove_unneeded() -> int:
    """Remove unneeded files, and all of people who are gone; returns how many uploads went."""
    now = timezone.now()
    in_messages = Exists(Attachment.objects.filter(upload=OuterRef("pk")))
    in_folders = Exists(FolderFile.objects.filter(upload=OuterRef("pk")))
    old = Q(used_at=None, created_at__lt=now - UNSENT_FOR) | Q(is_ready=False, created_at__lt=now - UNREAD_FOR)
    uncarried = Upload.objects.filter(~in_messages, ~in_folders, Q(used_at__isnull=False) | old)
    needless = uncarried.exclude(pk__in=_list_waiting())
    due = list(needless.defer("text")[:MOST_AT_ONCE])
    for upload in due:
        remove_upload(upload)
    folders = storing.list_folders()
    known = set(User.objects.filter(pk__in=folders).values_list("pk", flat=True))
    for user_id in set(folders) - known:
        storing.remove_folder(user_id)
    return len(due)


def _list_waiting() -> list[UUID]:
    """List the files of messages that wait for their turn, however long."""
    waiting = QueuedMessage.objects.exclude(uploads=[])
    return [upload for queued in waiting for upload in queued.upload_ids]


def forget_person(instance: User, **_: object) -> None:
    """Remove all files of a person who was deleted, as soon as that is committed."""
    transaction.on_commit(partial(storing.remove_folder, instance.pk))


async def keep_sweeping() -> None:
    """Look at start and then every few minutes, for as long as the process lives."""
    while True:
        try:
            await in_database(remove_unneeded)
        except (DatabaseError, OSError) as error:
            logger.warning("Files could not be swept (%s).", type(error).__name__)
        await asyncio.sleep(INTERVAL)
