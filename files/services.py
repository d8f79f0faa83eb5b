"""Writes: taking a file, and giving one up that was not sent.

A file takes its place in the person's quota before a byte of it is stored, while the person's row is held: so no number
of uploads at the same time passes it. Whatever goes wrong afterwards takes the place away again, or, where the process
dies, the sweep does.
"""

from __future__ import annotations

from functools import partial
from itertools import chain
from typing import IO, TYPE_CHECKING, Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from chatproject.errors import BadRequest, Conflict, DomainError, Forbidden
from chatproject.numbers import grouped
from chatproject.text import storable
from files import storing
from files.kinds import HEAD, clean_name, find_kind
from files.models import Attachment, Upload
from files.parsing.limits import LARGEST_FILE, MEGABYTE
from files.reader import read_file
from files.scanning import scan
from files.selectors import count_files, get_upload
from moderation.services import screen_writing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from uuid import UUID

    from django.core.files.uploadedfile import UploadedFile

    from files.kinds import FileKind
    from files.reader import Reading


PIECE = 64 * 1024


class TooLarge(DomainError):
    """A file has more bytes than one may."""

    code = "too_large"
    http_status = 413


class QuotaExceeded(DomainError):
    """A person has as many files, or as many bytes of them, as they may."""

    code = "quota_exceeded"
    http_status = 413


def take_file(user: User, file: UploadedFile[Any]) -> Upload:
    """Read, check and keep a file for its person to send.

    Raises BadRequest (its kind, Unread, Infected), TooLarge, QuotaExceeded, StorageFull, BlockedWords, Unavailable.
    What is refused leaves nothing behind.
    """
    name = clean_name(file.name or "")
    return keep_file(Upload(user=user, name=name, size=file.size or 0), file, partial(screen_writing, user))


def keep_file(
    upload: Upload, source: IO[bytes] | UploadedFile[Any], screen: Callable[[str], str], *, called: str = ""
) -> Upload:
    """Read, check and keep what ``source`` holds as the file of a new row, of which user, name and size are known.

    ``screen`` lets words be stored, or raises; ``called`` is the name that tells the kind, where that is another.
    Raises as ``take_file`` does.
    """
    name, user = upload.name, upload.user
    if not upload.size:
        raise BadRequest(_("%(name)s is empty.") % {"name": name})
    if upload.size > LARGEST_FILE:
        raise TooLarge(
            _("%(name)s is larger than %(size)s MB. It was not attached.")
            % {"name": name, "size": LARGEST_FILE // MEGABYTE}
        )
    head = source.read(HEAD)
    kind = find_kind(called or name, head)
    upload.name, upload.kind, upload.media_type, upload.kept = screen(name), kind.kind, kind.media_type, upload.size
    _reserve(user, upload)
    try:
        storing.write(upload, ".part", chain([head], iter(lambda: source.read(PIECE), b"")))
        _let_go()
        scan(storing.path_of(upload, ".part"), upload.name)
        with storing.open_part(upload, ".part") as arrived:
            reading = read_file(arrived, kind.format, upload.name, owner=user.pk)
        return _keep(upload, reading, kind, screen)
    except BaseException:
        remove_upload(upload)
        raise


def _reserve(user: User, upload: Upload) -> Upload:
    """Store the row of a file that is on its way; raises QuotaExceeded."""
    with transaction.atomic():
        _hold(user)
        count, kept = count_files(user.pk)
        if count >= settings.FILES_PER_PERSON:
            raise QuotaExceeded(
                _("You have %(count)s files, and there is no room for more. Delete some in your settings, under Files.")
                % {"count": grouped(count)}
            )
        _require_room(kept + upload.kept)
        upload.save(force_insert=True)
        return upload


def _hold(user: User) -> None:
    """Hold the person's row until the transaction ends; raises Forbidden where they were suspended since."""
    if not User.objects.select_for_update(no_key=True).filter(pk=user.pk, is_active=True).values_list("pk"):
        raise Forbidden(_("This account is suspended."))


def _require_room(kept: int) -> None:
    if kept > settings.FILES_MB_PER_PERSON * MEGABYTE:
        raise QuotaExceeded(
            _("Your files would take more than the %(size)s MB you have. Delete some in your settings, under Files.")
            % {"size": grouped(settings.FILES_MB_PER_PERSON)}
        )


def _let_go() -> None:
    """Hand the connection back while a file is looked at: there are few, and everybody else needs them."""
    if not connection.in_atomic_block:
        connection.close()


def _keep(upload: Upload, reading: Reading, kind: FileKind, screen: Callable[[str], str]) -> Upload:
    """Store what was read, and count what is really kept."""
    if kind.format == "picture":
        upload.size = storing.write(upload, "", [reading.data])
        kept = upload.size + storing.write(upload, ".small", [reading.thumbnail])
        storing.remove(upload, ".part")
        upload.media_type, upload.width, upload.height = reading.media_type, reading.width, reading.height
    else:
        upload.text = screen(storable(reading.text))
        kept = upload.size + len(upload.text.encode())
        storing.settle(upload)
    upload.note = upload.note or reading.note
    with transaction.atomic():
        _hold(upload.user)
        _require_room(count_files(upload.user_id)[1] - upload.kept + kept)
        upload.kept, upload.is_ready = kept, True
        upload.save(force_update=True)
    return upload


@transaction.atomic
def carry(user: User, files: Mapping[UUID, Sequence[UUID]]) -> None:
    """Let stored messages carry files that were kept for them, those that are still there."""
    wanted = {upload for uploads in files.values() for upload in uploads}
    if not wanted:
        return
    kept = Upload.objects.select_for_update().filter(user=user, is_ready=True, pk__in=wanted).order_by("pk")
    there = set(kept.values_list("pk", flat=True))
    Upload.objects.filter(pk__in=there).update(used_at=timezone.now())
    Attachment.objects.bulk_create(
        Attachment(message_id=message, upload_id=upload)
        for message, uploads in files.items()
        for upload in dict.fromkeys(uploads)
        if upload in there
    )


def discard_upload(user: User, upload_id: UUID) -> None:
    """Give up a file that was not sent; raises NotFound, Conflict."""
    with transaction.atomic():
        upload = get_upload(user, upload_id)
        if not Upload.objects.select_for_update().filter(pk=upload.pk, used_at=None).exists():
            raise Conflict(_("This file was sent. It goes with its message."))
        remove_upload(upload)


def delete_file(user: User, upload_id: UUID) -> None:
    """Delete a person's own file, also from the messages that carry it, which stay; raises NotFound."""
    remove_upload(get_upload(user, upload_id))


def remove_upload(upload: Upload) -> None:
    """Remove a file and its row; the file first, so that none is left without a row."""
    storing.remove(upload)
    Upload.objects.filter(pk=upload.pk).delete()
