"""Folders and tags of what is exported and imported: by name, since ids of others' folders mean nothing here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chatproject.text import storable
from conversations.filing import MAX_FOLDERS, MAX_TAG_LENGTH, MAX_TAGS, MAX_TAGS_OF_ONE
from conversations.models import Folder, Tag
from conversations.rendering import plain_title

if TYPE_CHECKING:
    from collections.abc import Iterable

    from accounts.models import User
    from conversations.models import Conversation

NAME_LENGTH = 60
OF_FOLDER = ("name", "model", "instructions")
DEEPEST = 2


def describe_folder(folder: Folder | None) -> list[dict[str, str]]:
    """Describe where a conversation lies, the outer folder first."""
    path: list[dict[str, str]] = []
    while folder and len(path) < DEEPEST:
        path.insert(0, {name: getattr(folder, name) for name in OF_FOLDER})
        folder = folder.parent
    return path


def describe_tags(conversation: Conversation) -> list[str]:
    return sorted(tag.name for tag in conversation.tags.all())


def find_folder(user: User, path: Iterable[dict[str, Any]]) -> Folder | None:
    """Find or make a folder; outside of all where the person has as many as they may. For a transaction."""
    folder: Folder | None = None
    for step in list(path)[:DEEPEST]:
        name = plain_title(storable(step["name"]), NAME_LENGTH) or "Imported"
        known = Folder.objects.filter(user=user, parent=folder, name=name).first()
        if known is None and Folder.objects.filter(user=user).count() >= MAX_FOLDERS:
            return folder
        folder = known or Folder.objects.create(
            user=user, parent=folder, name=name, model=storable(step["model"])[:200], instructions=step["instructions"]
        )
    return folder


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
