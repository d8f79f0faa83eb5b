"""Documents that a folder carries for all conversations in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chatproject.errors import BadRequest, NotFound
from conversations.library import get_folder
from files.models import Attachment, FolderFile, Kind, Upload
from files.services import remove_upload, take_file

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from django.core.files.uploadedfile import UploadedFile

    from accounts.models import User
    from conversations.models import Folder

MOST_OF_FOLDER = 20


def add_to_folder(user: User, folder_id: UUID, file: UploadedFile[Any]) -> Upload:
    """Let a person's own folder carry a document; raises NotFound, BadRequest and what ``take_file`` does.

    Pictures are refused: what goes before every conversation is text.
    """
    folder = get_folder(user, folder_id)
    _require_place(folder.pk)
    upload = take_file(user, file)
    try:
        _require_document(upload)
        with transaction.atomic():
            folder = get_folder(user, folder_id, lock=True)
            _require_place(folder.pk)
            FolderFile.objects.create(folder=folder, upload=upload)
            Upload.objects.filter(pk=upload.pk).update(used_at=timezone.now())
    except (BadRequest, NotFound):
        remove_upload(upload)
        raise
    return upload


def fill_folder(folder: Folder, uploads: Sequence[UUID]) -> None:
    """Let a new folder carry documents that were kept for it; for a transaction."""
    kept = Upload.objects.filter(user=folder.user_id, pk__in=uploads, is_ready=True, kind=Kind.DOCUMENT)
    there = list(kept.values_list("pk", flat=True))
    chosen = [upload for upload in dict.fromkeys(uploads) if upload in there][:MOST_OF_FOLDER]
    FolderFile.objects.bulk_create(FolderFile(folder=folder, upload_id=upload) for upload in chosen)
    Upload.objects.filter(pk__in=chosen).update(used_at=timezone.now())


def remove_from_folder(user: User, folder_id: UUID, upload_id: UUID) -> None:
    """Take a document out of a person's own folder; it goes where nothing else carries it. Raises NotFound."""
    carried = FolderFile.objects.filter(folder=get_folder(user, folder_id), upload=upload_id).select_related("upload")
    found = carried.first()
    if found is None:
        raise NotFound(_("This file is not there."))
    found.delete()
    is_needed = (
        FolderFile.objects.filter(upload=upload_id).exists() or Attachment.objects.filter(upload=upload_id).exists()
    )
    if not is_needed:
        remove_upload(found.upload)


def _require_place(folder_id: UUID) -> None:
    if FolderFile.objects.filter(folder=folder_id).count() >= MOST_OF_FOLDER:
        raise BadRequest(_("A folder carries at most %(count)s files.") % {"count": MOST_OF_FOLDER})


def _require_document(upload: Upload) -> None:
    if upload.kind != Kind.DOCUMENT:
        sentence = _("A folder carries documents, no pictures. %(name)s was not added.")
        raise BadRequest(sentence % {"name": upload.name})
