"""Reads. ``get_upload`` is the only way to somebody's file: it knows only the owner, and what they still have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Count, Exists, OuterRef, Q, Subquery, Sum, UUIDField
from django.utils.translation import gettext as _

from chatproject.errors import NotFound
from conversations.selectors import own_messages, readable_messages
from files.models import Attachment, FolderFile, Upload

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from accounts.models import User
    from conversations.models import Conversation, Folder, Message

LISTED = 500


def get_upload(user: User, upload_id: UUID) -> Upload:
    """Return a person's own file; raises NotFound for others', and for one whose messages are all gone."""
    kept = _carried_by(user, readable_messages(user)) | _in_folders(user)
    found = kept.filter(pk=upload_id).first()
    if found is None:
        raise NotFound(_("This file is not there."))
    return found


def list_uploads(user: User, limit: int = LISTED) -> list[Upload]:
    """List a person's own files, the largest first, without those of temporary conversations.

    Each has ``conversation_id`` and ``folder_id``, None where it is in none.
    """
    return list(_placed_uploads(user).order_by("-kept", "pk")[:limit])


def list_newest_uploads(user: User, limit: int, *, before: UUID | None = None) -> list[Upload]:
    """List the same, the newest first: the first ones, or those before a file."""
    rows = _placed_uploads(user).order_by("-pk")
    return list((rows.filter(pk__lt=before) if before else rows)[:limit])


def find_upload(user: User, upload_id: UUID) -> Upload:
    """Return a person's own file, with ``conversation_id`` and ``folder_id``; raises NotFound."""
    get_upload(user, upload_id)
    return _placed(Upload.objects.filter(user=user).defer("text"), user).get(pk=upload_id)


def _placed_uploads(user: User) -> QuerySet[Upload]:
    return _placed(_carried_by(user, own_messages(user)) | _in_folders(user), user)


def _placed(uploads: QuerySet[Upload], user: User) -> QuerySet[Upload]:
    """Say of each file in which conversation and folder it is."""
    carrying = own_messages(user).filter(attachments__upload=OuterRef("pk")).order_by("pk")
    conversation = Subquery(carrying.values("conversation_id")[:1], output_field=UUIDField())
    folder = Subquery(
        FolderFile.objects.filter(upload=OuterRef("pk")).values("folder_id")[:1], output_field=UUIDField()
    )
    return uploads.annotate(conversation_id=conversation, folder_id=folder)


def _carried_by(user: User, messages: QuerySet[Message]) -> QuerySet[Upload]:
    """Give the files of a person that these messages carry, and those that were not sent yet."""
    carried = Exists(messages.filter(attachments__upload=OuterRef("pk")))
    return Upload.objects.filter(Q(used_at=None) | carried, user=user, is_ready=True).defer("text")


def _in_folders(user: User) -> QuerySet[Upload]:
    """Give the files of a person that folders of theirs carry."""
    carried = Exists(FolderFile.objects.filter(upload=OuterRef("pk"), folder__user=user))
    return Upload.objects.filter(carried, user=user, is_ready=True).defer("text")


def list_carried(conversation: Conversation) -> dict[UUID, list[Upload]]:
    """List the files of a conversation that was found at its gate, by the message that carries them."""
    carried: dict[UUID, list[Upload]] = {}
    messages = Q(message__conversation=conversation, message__deleted_at=None)
    for one in Attachment.objects.filter(messages).select_related("upload").defer("upload__text").order_by("id"):
        carried.setdefault(one.message_id, []).append(one.upload)
    return carried


def list_sent(user: User, before: datetime) -> list[Upload]:
    """List the files that messages and folders of a person carried by then, without temporary conversations."""
    kept = _carried_by(user, own_messages(user)) | _in_folders(user)
    return list(kept.filter(used_at__lte=before).order_by("pk"))


def list_in_folder(folder: Folder) -> list[Upload]:
    """List what a person's own folder carries."""
    return list(Upload.objects.filter(folders__folder=folder, is_ready=True).order_by("folders__id").defer("text"))


def count_files(user_id: UUID) -> tuple[int, int]:
    """Return how many files a person has, and their bytes; those that are on their way count, too."""
    told = Upload.objects.filter(user=user_id).aggregate(count=Count("pk"), kept=Sum("kept"))
    return told["count"], told["kept"] or 0
