"""Keeping many conversations in order: pinned, put away, in folders, under tags; one or many at once, all or none."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chatproject.errors import BadRequest, NotFound
from conversations.arranging import delete_conversation, restore_conversation, tell_of_conversation
from conversations.library import get_folder
from conversations.models import Conversation, Folder, Tag
from conversations.rendering import plain_title
from conversations.writing import screen_texts

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from uuid import UUID

    from accounts.models import User

MOST_AT_ONCE = 200
MAX_FOLDERS = 100
MAX_TAGS = 500
MAX_TAGS_OF_ONE = 20
MAX_TAG_LENGTH = 40


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be done: ``action`` is a key of ACTIONS, ``folder`` None is outside of all, ``tag`` a word."""

    action: str
    folder: UUID | None = None
    tag: str = ""


def arrange(user: User, conversations: Collection[UUID], wish: Wish) -> list[Conversation]:
    """Do the same to some conversations of a person; raises NotFound where one of them is not there, BadRequest."""
    if wish.action not in ACTIONS:
        raise BadRequest(_("This cannot be done with a conversation."))
    wanted = set(conversations)
    if not 0 < len(wanted) <= MOST_AT_ONCE:
        raise BadRequest(_("Choose from 1 to %(most)s conversations.") % {"most": MOST_AT_ONCE})
    if wish.action == "tag":
        wish = replace(wish, tag=read_tags(user, [wish.tag])[0])
    with transaction.atomic():
        act = ACTIONS[wish.action](user, wish)
        deleted = {"deleted_at__isnull": wish.action != "restore"}
        found = list(Conversation.objects.select_for_update(of=("self",)).filter(user=user, pk__in=wanted, **deleted))
        if len(found) != len(wanted):
            raise NotFound(_("One of these conversations is not there. Nothing was changed."))
        for conversation in found:
            act(conversation)
        return found


def save_folder(folder: Folder) -> Folder:
    """Store a folder, new or changed; raises BadRequest where it would be nested deeper than one, or one too many."""
    with transaction.atomic():
        return place_folder(folder, hold_folders(folder.user_id))


def hold_folders(user_id: UUID) -> dict[UUID, Folder]:
    """Hold all folders of a person until the transaction ends: where one may lie depends on the others."""
    return {one.pk: one for one in Folder.objects.select_for_update().filter(user=user_id)}


def place_folder(folder: Folder, own: Mapping[UUID, Folder]) -> Folder:
    """Store a folder among those that are held; raises as :func:`save_folder` does."""
    if folder.pk not in own and len(own) >= MAX_FOLDERS:
        raise BadRequest(
            _("You have %(most)s folders, which is the most. Delete one to make another.") % {"most": MAX_FOLDERS}
        )
    if folder.parent_id:
        parent = own.get(folder.parent_id)
        if parent is None:
            raise NotFound(_("This folder is not there."))
        has_children = any(one.parent_id == folder.pk for one in own.values())
        if parent.parent_id or parent.pk == folder.pk or has_children:
            raise BadRequest(_("A folder can lie in another one, and no deeper."))
    folder.save()
    return folder


def delete_folder(folder: Folder) -> None:
    """Take a folder away; the conversations and folders in it stay, outside."""
    with transaction.atomic():
        list(Folder.objects.select_for_update().filter(pk=folder.pk))  # nothing is moved into it meanwhile
        inside = list(Conversation.objects.filter(folder=folder, deleted_at=None))
        folder.delete()
        for conversation in inside:
            conversation.folder = None
            tell_of_conversation(conversation)


def _set(name: str, value: Callable[[], object]) -> Callable[[User, Wish], Callable[[Conversation], object]]:
    def prepare(_user: User, _wish: Wish) -> Callable[[Conversation], object]:
        return lambda conversation: _change(conversation, name, value())

    return prepare


def _move(user: User, wish: Wish) -> Callable[[Conversation], object]:
    folder = get_folder(user, wish.folder, lock=True) if wish.folder else None
    return lambda conversation: _change(conversation, "folder", folder)


def _tag(user: User, wish: Wish) -> Callable[[Conversation], object]:
    tag = _make_tag(user, wish.tag)

    def act(conversation: Conversation) -> None:
        conversation.tags.add(tag)
        _require_few(conversation.tags.count())

    return act


def _untag(user: User, wish: Wish) -> Callable[[Conversation], object]:
    tag = Tag.objects.filter(user=user, name=plain_title(wish.tag)).first()
    if tag is None:
        raise NotFound(_("This tag is not there."))

    def act(conversation: Conversation) -> None:
        conversation.tags.remove(tag)
        _drop_unused([tag])

    return act


def read_tags(user: User, words: Sequence[str]) -> list[str]:
    """Give the names of tags as they may be stored, each once; new ones are counted and checked.

    Raises BadRequest, TooManyRequests, BlockedWords; call it outside of a transaction.
    """
    names = list(dict.fromkeys(map(plain_title, words)))
    if not all(0 < len(name) <= MAX_TAG_LENGTH for name in names):
        raise BadRequest(_("A tag has from 1 to %(most)s characters.") % {"most": MAX_TAG_LENGTH})
    _require_few(len(names))
    known = set(Tag.objects.filter(user=user, name__in=names).values_list("name", flat=True))
    if new := {name: name for name in names if name not in known}:
        allowed = screen_texts(user, new)
        names = list(dict.fromkeys(allowed.get(name, name) for name in names))
    return names


def set_tags(conversation: Conversation, names: Sequence[str]) -> None:
    """Let a conversation have these tags, as :func:`read_tags` gave them, and no others; for a transaction."""
    former = list(conversation.tags.all())
    conversation.tags.set([_make_tag(conversation.user, name) for name in names])
    _drop_unused([tag for tag in former if tag.name not in names])


def _make_tag(user: User, name: str) -> Tag:
    if known := Tag.objects.filter(user=user, name=name).first():
        return known
    if Tag.objects.filter(user=user).count() >= MAX_TAGS:
        raise BadRequest(
            _("You have %(most)s tags, which is the most. Take one away to make another.") % {"most": MAX_TAGS}
        )
    return Tag.objects.get_or_create(user=user, name=name)[0]


def _drop_unused(tags: Sequence[Tag]) -> None:
    Tag.objects.filter(pk__in=[tag.pk for tag in tags], conversations=None).delete()


def _require_few(count: int) -> None:
    if count > MAX_TAGS_OF_ONE:
        raise BadRequest(
            _("A conversation has at most %(most)s tags. Nothing was changed.") % {"most": MAX_TAGS_OF_ONE}
        )


def _change(conversation: Conversation, name: str, value: object) -> None:
    setattr(conversation, name, value)
    conversation.save(update_fields=[name])
    tell_of_conversation(conversation)


ACTIONS: dict[str, Callable[[User, Wish], Callable[[Conversation], object]]] = {
    "pin": _set("pinned_at", timezone.now),
    "unpin": _set("pinned_at", lambda: None),
    "archive": _set("archived_at", timezone.now),
    "unarchive": _set("archived_at", lambda: None),
    "delete": lambda _user, _wish: delete_conversation,
    "restore": lambda _user, _wish: restore_conversation,
    "move": _move,
    "tag": _tag,
    "untag": _untag,
}
