"""All conversations of a person, by shelf, folder and tag, a page at a time.

Each page begins after a key, so none costs more than the first.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from chatproject.errors import BadRequest, NotFound
from conversations.models import Conversation, Folder, Tag
from conversations.selectors import own_conversations, with_running

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from accounts.models import User

PAGE = 50
MOST_PINNED = 100
SHELVES = ("", "archived", "deleted")
"""What is at hand, what is put away, and what can still be brought back."""


@dataclass(frozen=True, slots=True)
class Place:
    """Which conversations to list; a folder or a tag narrows the shelf. What is loose is neither filed nor pinned.

    ``is_pinned`` None means both kinds.
    """

    shelf: str = ""
    folder: Folder | None = None
    tag: Tag | None = None
    is_loose: bool = False
    is_pinned: bool | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """``after`` is the key of the next page, or empty."""

    conversations: list[Conversation]
    after: str


def get_folder(user: User, folder_id: UUID | str, *, lock: bool = False) -> Folder:
    """Return a person's own folder; raises NotFound for everybody else's, and for what is no id."""
    rows = Folder.objects.select_for_update() if lock else Folder.objects.all()
    found = rows.filter(user=user, pk=_id(folder_id)).first()
    if found is None:
        raise NotFound(_("This folder is not there."))
    return found


def get_tag(user: User, tag_id: UUID | str) -> Tag:
    found = Tag.objects.filter(user=user, pk=_id(tag_id)).first()
    if found is None:
        raise NotFound(_("This tag is not there."))
    return found


def find_tag(user: User, name: str) -> Tag:
    """Return a person's own tag by its name; raises NotFound."""
    found = Tag.objects.filter(user=user, name=name).first()
    if found is None:
        raise NotFound(_("This tag is not there."))
    return found


def list_folders(user: User) -> list[Folder]:
    """List a person's folders as they are nested: each is followed by those in it, all by name."""
    folders = list(Folder.objects.filter(user=user).defer("instructions").select_related("parent"))
    return sorted(folders, key=lambda one: (_names(one), str(one.pk)))


def list_tags(user: User) -> list[Tag]:
    return list(Tag.objects.filter(user=user))


def list_sidebar(user: User, *, after: str = "") -> Page:
    """List a page of what the sidebar shows: what is pinned, and then what lies in no folder; raises NotFound."""
    page = list_page(user, Place(is_loose=True), after=after)
    if after:
        return page
    pinned = own_conversations(user).filter(archived_at=None).exclude(pinned_at=None)
    return Page([*_furnished(pinned)[:MOST_PINNED], *page.conversations], page.after)


def list_page(user: User, place: Place, *, after: str = "", size: int = PAGE) -> Page:
    """List a page of conversations, the newest first; raises NotFound for a key that is none."""
    rows = _at(user, place)
    if after:
        updated_at, last = _read_key(after)
        rows = rows.filter(Q(updated_at__lt=updated_at) | Q(updated_at=updated_at, pk__lt=last))
    found = list(_furnished(rows)[: size + 1])
    return Page(found[:size], _key(found[size - 1]) if len(found) > size else "")


def _furnished(rows: QuerySet[Conversation]) -> QuerySet[Conversation]:
    """Give them with all that a list shows, the newest first."""
    return with_running(rows).select_related("folder").prefetch_related("tags").order_by("-updated_at", "-id")


def _at(user: User, place: Place) -> QuerySet[Conversation]:
    if place.shelf not in SHELVES:
        raise BadRequest(_("There is no such shelf."))
    if place.shelf == "deleted":
        rows = Conversation.objects.filter(user=user, deleted_at__isnull=False, is_temporary=False)
    else:
        rows = own_conversations(user).filter(archived_at__isnull=place.shelf != "archived")
    if place.is_loose:
        rows = rows.filter(pinned_at=None, folder=None)
    if place.is_pinned is not None:
        rows = rows.filter(pinned_at__isnull=not place.is_pinned)
    if place.folder:
        rows = rows.filter(folder=place.folder)
    return rows.filter(tags=place.tag) if place.tag else rows


def _key(conversation: Conversation) -> str:
    return f"{conversation.updated_at.isoformat()}~{conversation.pk}"


def _read_key(key: str) -> tuple[datetime, UUID]:
    moment, _tilde, last = key.partition("~")
    try:
        found = datetime.fromisoformat(moment), UUID(last)
    except ValueError:
        raise NotFound(_("This page of the list is not there. Begin at the first.")) from None
    if found[0].tzinfo is None:
        raise NotFound(_("This page of the list is not there. Begin at the first."))
    return found


def _id(text: UUID | str) -> UUID:
    try:
        return text if isinstance(text, UUID) else UUID(text)
    except ValueError:
        raise NotFound(_("This is not there.")) from None


def _names(folder: Folder) -> tuple[str, ...]:
    own = folder.name.casefold()
    return (folder.parent.name.casefold(), str(folder.parent_id), own) if folder.parent else (own, str(folder.pk))
