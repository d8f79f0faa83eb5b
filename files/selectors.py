"""Reads. ``get_upload`` is the only way to somebody's file: it knows only the owner, and what they still have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Count, Sum

from chatproject.errors import NotFound
from conversations.selectors import get_message
from files.models import Upload

if TYPE_CHECKING:
    from uuid import UUID

    from accounts.models import User


def get_upload(user: User, upload_id: UUID) -> Upload:
    """Return a person's own file; raises NotFound for others', and for one whose messages are all gone."""
    found = Upload.objects.filter(user=user, pk=upload_id, is_ready=True).defer("text").first()
    if found is None or (found.used_at and not _is_carried(user, found)):
        raise NotFound("This file is not there.")
    return found


def _is_carried(user: User, upload: Upload) -> bool:
    for message_id in upload.attachments.values_list("message_id", flat=True):
        try:
            get_message(user, message_id)
        except NotFound:
            continue
        return True
    return False


def count_files(user_id: UUID) -> tuple[int, int]:
    """Return how many files a person has, and their bytes; those that are on their way count, too."""
    told = Upload.objects.filter(user=user_id).aggregate(count=Count("pk"), kept=Sum("kept"))
    return told["count"], told["kept"] or 0
