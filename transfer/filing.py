"""Folders and tags of what is exported and imported: by name, since ids of others' folders mean nothing here."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from chatproject.text import storable
from conversations.filing import MAX_FOLDERS, MAX_TAG_LENGTH, MAX_TAGS, MAX_TAGS_OF_ONE
from conversations.models import Folder, Tag
from conversations.rendering import plain_title
from files.folders import fill_folder
from files.selectors import list_in_folder
from transfer.carrying import describe_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from uuid import UUID

    from accounts.models import User
    from conversations.models import Conversation

NAME_LENGTH = 60
OF_FOLDER = ("name", "model", "instructions")
DEEPEST = 2


def describe_folder(folder: Folder | None) -> list[dict[str, Any]]:
    """Describe where a conversation lies, the outer folder first."""
    path: list[dict[str, Any]] = []
    while folder and len(path) < DEEPEST:
        files = [describe_file(upload) for upload in list_in_folder(folder)]
        path.insert(0, {**{name: getattr(folder, name) for name in OF_FOLDER}, "files": files})
        folder = folder.parent
    return path


def describe_tags(conversation: Conversation) -> list[str]:
    return sorted(tag.name for tag in conversation.tags.all())


def find_folder(
    user: User, path: Iterable[dict[str, Any]], files: Mapping[int, Sequence[UUID]] = MappingProxyType({})
) -> Folder | None:
    """Find or make a folder; outside of all where the person has as many as they may. For a transaction.

    ``files`` are for those that are made here, by their place on the way.
    """
    folder: Folder | None = None
    for place, step in enumerate(list(path)[:DEEPEST]):
        known = _find(user, folder, step)
        if known is None and Folder.objects.filter(user=user).count() >= MAX_FOLDERS:
            return folder
        if known is None:
            made = {"model": storable(step["model"])[:200], "instructions": step["instructions"]}
            known = Folder.objects.create(user=user, parent=folder, name=_name(step), **made)
            fill_folder(known, files.get(place, ()))
        folder = known
    return folder


def list_new_folders(user: User, path: Iterable[dict[str, Any]]) -> list[int]:
    """List the places on the way to a folder that are not there yet."""
    folder: Folder | None = None
    steps = list(path)[:DEEPEST]
    for place, step in enumerate(steps):
        folder = _find(user, folder, step)
        if folder is None:
            return list(range(place, len(steps)))
    return []


def _find(user: User, parent: Folder | None, step: Mapping[str, Any]) -> Folder | None:
    return Folder.objects.filter(user=user, parent=parent, name=_name(step)).first()


def _name(step: Mapping[str, Any]) -> str:
    return plain_title(storable(step["name"]), NAME_LENGTH) or "Imported"


def find_tags(user: User, words: Iterable[str]) -> list[Tag]:
    """Find or make tags, as many as a conversation and a person may have. For a transaction."""
    found: list[Tag] = []
    names = dict.fromkeys(plain_title(storable(word), MAX_TAG_LENGTH) for word in words)
    for name in list(filter(None, names))[:MAX_TAGS_OF_ONE]:
        tag = Tag.objects.filter(user=user, name=name).first()
        if tag is None and Tag.objects.filter(user=user).count() < MAX_TAGS:
            tag = Tag.objects.create(user=user, name=name)
        found += [tag] if tag else []
    return found
