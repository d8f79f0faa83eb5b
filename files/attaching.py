"""What ``conversations.attachments`` asks of whoever keeps files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from chatproject.errors import BadRequest, Conflict, NotFound
from conversations.attachments import MOST_OF_MESSAGE, Document, Material, StoredPicture
from conversations.parts import AttachedFile
from files import storing
from files.models import Attachment, Kind, Upload

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from uuid import UUID

    from django.db.models import QuerySet

    from accounts.models import User
    from conversations.models import Message


class Files:
    """See :class:`conversations.attachments.Keeper`."""

    def look_at(self, user: User, uploads: Sequence[UUID]) -> tuple[AttachedFile, ...]:
        return tuple(describe_upload(upload) for upload in _find(Upload.objects.all(), user, uploads))

    def claim(self, user: User, message: Message, uploads: Sequence[UUID]) -> tuple[AttachedFile, ...]:
        found = _find(Upload.objects.select_for_update().order_by("pk"), user, uploads)
        Upload.objects.filter(pk__in=uploads).update(used_at=timezone.now())
        Attachment.objects.bulk_create(Attachment(message=message, upload=upload) for upload in found)
        return tuple(describe_upload(upload) for upload in found)

    def copy(self, messages: Mapping[UUID, UUID]) -> None:
        carried = Attachment.objects.filter(message__in=messages).order_by("id")
        Attachment.objects.bulk_create(
            Attachment(message_id=messages[one.message_id], upload_id=one.upload_id) for one in carried
        )

    def describe(self, messages: Collection[UUID]) -> dict[UUID, tuple[AttachedFile, ...]]:
        told: dict[UUID, tuple[AttachedFile, ...]] = {}
        for one in _carried(messages).defer("upload__text"):
            told[one.message_id] = (*told.get(one.message_id, ()), describe_upload(one.upload))
        return told

    def read(self, messages: Collection[UUID]) -> dict[UUID, Material]:
        told: dict[UUID, Material] = {}
        for one in _carried(messages):
            before = told.get(one.message_id, Material())
            told[one.message_id] = _add(before, one.upload)
        return told

    def describe_folder(self, folder: UUID) -> tuple[AttachedFile, ...]:
        return tuple(describe_upload(upload) for upload in _of_folder(folder).defer("text"))

    def read_folder(self, folder: UUID) -> tuple[Document, ...]:
        return tuple(Document(upload.name, upload.text, upload.note) for upload in _of_folder(folder))

    def read_picture(self, picture: StoredPicture) -> bytes | None:
        try:
            with storing.open_part(Upload(pk=picture.upload, user_id=picture.owner)) as file:
                return file.read()
        except OSError:
            return None


def describe_upload(upload: Upload) -> AttachedFile:
    """Say what pages and frames show of a file."""
    is_picture = upload.kind == Kind.PICTURE
    return AttachedFile(
        id=upload.pk,
        name=upload.name,
        kind=upload.kind,
        size=upload.size,
        note=upload.note,
        url=reverse("files:file", args=[upload.pk]),
        thumbnail=reverse("files:thumbnail", args=[upload.pk]) if is_picture else None,
    )


def _find(rows: QuerySet[Upload], user: User, uploads: Sequence[UUID]) -> list[Upload]:
    """Find a person's own unused files, in the order that was asked for."""
    if len(uploads) > MOST_OF_MESSAGE:
        raise BadRequest(_("One message takes at most %(most)s files. Your draft is kept.") % {"most": MOST_OF_MESSAGE})
    if len(set(uploads)) < len(uploads):
        raise BadRequest(_("The same file was attached twice. Your draft is kept."))
    found = {one.pk: one for one in rows.filter(user=user, pk__in=uploads, is_ready=True).defer("text")}
    if len(found) < len(uploads):
        raise NotFound(_("A file is not there any more. Attach it again, please; your draft is kept."))
    if used := next((one for one in found.values() if one.used_at), None):
        raise Conflict(
            _("%(name)s was sent already. Attach it again, please; your draft is kept.") % {"name": used.name}
        )
    return [found[one] for one in uploads]


def _carried(messages: Iterable[UUID]) -> QuerySet[Attachment]:
    return Attachment.objects.filter(message__in=list(messages)).select_related("upload").order_by("id")


def _of_folder(folder: UUID) -> QuerySet[Upload]:
    return Upload.objects.filter(folders__folder=folder, is_ready=True).order_by("folders__id")


def _add(before: Material, upload: Upload) -> Material:
    if upload.kind == Kind.DOCUMENT:
        return Material((*before.documents, Document(upload.name, upload.text, upload.note)), before.pictures)
    picture = StoredPicture(upload.pk, upload.user_id, upload.name, upload.media_type, upload.width, upload.height)
    return Material(before.documents, (*before.pictures, picture))
