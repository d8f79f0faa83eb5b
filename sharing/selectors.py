"""Reads. ``find_link`` is the only way from a token to what it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.shown_once import hash_token
from chatproject.errors import NotFound
from sharing.models import Link, SharedFile

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet

    from accounts.models import User
    from files.models import Upload
    from sharing.models import SharedMessage


def find_link(token: str) -> Link:
    """Return what a token opens; raises NotFound, in the same words for one that was never or is no longer good.

    A link shows nothing while its owner is suspended, its conversation deleted, or sharing switched off.
    """
    found = (
        None
        if settings.SHARING == "off"
        else _open_links().filter(token_hash=hash_token(token), user__is_active=True).first()
    )
    if found is None:
        raise NotFound(_("This link leads nowhere, or no longer. Ask whoever sent it for a new one."))
    return found


def list_shared(link: Link) -> list[SharedMessage]:
    """List what a link shows, oldest first: nothing that its owner has deleted since."""
    return list(link.messages.filter(original__deleted_at=None).order_by("position"))


def list_shared_files(link: Link) -> dict[int, list[Upload]]:
    """List the files that a link shows, by the shared message that carries them."""
    shown: dict[int, list[Upload]] = {}
    for one in _shared_files(link).select_related("upload").defer("upload__text"):
        shown.setdefault(one.message_id, []).append(one.upload)
    return shown


def get_shared_file(link: Link, file_id: UUID) -> Upload:
    """Return a file that a link shows; raises NotFound for all others."""
    found = _shared_files(link).filter(upload=file_id).select_related("upload").defer("upload__text").first()
    if found is None:
        raise NotFound(_("This file is not there."))
    return found.upload


def begins_in_the_middle(link: Link) -> bool:
    """Tell whether the branch was longer than a link can show, so that its beginning is missing."""
    return link.messages.filter(position=0, original__parent__isnull=False).exists()


def address_of(token: str) -> str:
    """Give the whole address that opens a link."""
    return settings.PUBLIC_URL + reverse("sharing:shared", args=[token])


def list_links(user: User) -> QuerySet[Link]:
    """List a person's own links that are open, newest first."""
    return _open_links().filter(user=user)


def list_newest_links(user: User, limit: int, *, before: UUID | None = None) -> list[Link]:
    """List some of them, in the order of their ids: the newest ones, or those before a link."""
    rows = list_links(user).order_by("-pk")
    return list((rows.filter(pk__lt=before) if before else rows)[:limit])


def get_open_link(user: User, link_id: UUID) -> Link:
    """Return a person's own link that is open; raises NotFound."""
    found = list_links(user).filter(pk=link_id).first()
    if found is None:
        raise NotFound(_("This link is not there."))
    return found


def get_link(user: User, link_id: UUID) -> Link:
    """Return a person's own link, open or not; raises NotFound."""
    found = Link.objects.filter(user=user, pk=link_id).first()
    if found is None:
        raise NotFound(_("This link is not there."))
    return found


def _shared_files(link: Link) -> QuerySet[SharedFile]:
    return SharedFile.objects.filter(message__link=link, message__original__deleted_at=None, upload__is_ready=True)


def _open_links() -> QuerySet[Link]:
    unexpired = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
    return Link.objects.filter(unexpired, conversation__deleted_at=None)
