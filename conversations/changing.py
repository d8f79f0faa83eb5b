"""Changing some of what a person may say of a conversation, a folder or a preset of theirs: all of it, or nothing.

What is written is counted and checked before the transaction. ``check`` looks at the thing as it is, while it is held,
and may raise, so that nobody writes over what they have not seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Literal

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chatproject.errors import BadRequest, Conflict, NotFound
from chatproject.numbers import grouped
from conversations.arranging import tell_of_conversation
from conversations.filing import hold_folders, place_folder, read_tags, set_tags
from conversations.library import get_folder
from conversations.models import Conversation, Folder, Preset, TitleSource
from conversations.presets import (
    MAX_INSTRUCTIONS,
    NAME_TAKEN,
    get_own_preset,
    limit_faults,
    require_room,
    resolve_choice,
)
from conversations.rendering import plain_title
from conversations.selectors import get_conversation
from conversations.writing import screen_texts
from providers.gateway import get_gateway

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from accounts.models import User

MAX_FOLDER_NAME = MAX_PRESET_NAME = 60


class Keep(Enum):
    """Says that something stays as it is, where None says that there is to be none."""

    KEEP = "keep"


KEEP: Literal[Keep.KEEP] = Keep.KEEP


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What is to be different in a conversation; what is None, or KEEP, stays. ``folder`` None is outside of all."""

    title: str | None = None
    model: str | None = None
    instructions: str | None = None
    is_pinned: bool | None = None
    is_archived: bool | None = None
    folder: UUID | Literal[Keep.KEEP] | None = KEEP
    tags: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderChanges:
    """What is to be different in a folder; an empty ``model`` is the one chosen last."""

    name: str | None = None
    model: str | None = None
    instructions: str | None = None
    parent: UUID | Literal[Keep.KEEP] | None = KEEP


@dataclass(frozen=True, slots=True, kw_only=True)
class PresetChanges:
    """What is to be different in a preset; a ``temperature`` and an ``output_tokens`` of None are the model's own."""

    name: str | None = None
    model: str | None = None
    instructions: str | None = None
    temperature: float | Literal[Keep.KEEP] | None = KEEP
    output_tokens: int | Literal[Keep.KEEP] | None = KEEP


def change_conversation(
    user: User, conversation_id: UUID, changes: Changes, *, check: Callable[[Conversation], object] | None = None
) -> Conversation:
    """Change a person's own conversation.

    Raises NotFound, BadRequest (also for a model that cannot be asked), TooManyRequests, BlockedWords, and what
    ``check`` does.
    """
    get_conversation(user, conversation_id)
    values: dict[str, Any] = _read_texts(user, {"title": changes.title, "instructions": changes.instructions})
    if "title" in values:
        values["title_source"] = TitleSource.PERSON
    if changes.model is not None:
        values["model"] = resolve_choice(user, changes.model).id
    tags = None if changes.tags is None else read_tags(user, changes.tags)
    with transaction.atomic():
        if changes.folder is not KEEP:  # held before the conversation, as where many are moved
            values["folder"] = get_folder(user, changes.folder, lock=True) if changes.folder else None
        conversation = get_conversation(user, conversation_id, lock=True)
        if check:
            check(conversation)
        values |= _moments(conversation, changes)
        for name, value in values.items():
            setattr(conversation, name, value)
        conversation.save(update_fields=list(values))
        if tags is not None:
            set_tags(conversation, tags)
        return tell_of_conversation(conversation)


def change_folder(
    user: User, folder_id: UUID | None, changes: FolderChanges, *, check: Callable[[Folder], object] | None = None
) -> Folder:
    """Change a person's own folder, or make one where ``folder_id`` is None, which needs a name; raises as above."""
    if folder_id:
        get_folder(user, folder_id)
    name = changes.name if folder_id else changes.name or ""
    values: dict[str, Any] = _read_texts(user, {"name": name, "instructions": changes.instructions})
    if changes.model is not None:
        values["model"] = get_gateway().find_model(changes.model).id if changes.model else ""
    if changes.parent is not KEEP:
        values["parent_id"] = changes.parent
    with transaction.atomic():
        own = hold_folders(user.pk)
        folder = own.get(folder_id) if folder_id else Folder(user=user)
        if folder is None:
            raise NotFound(_("This folder is not there."))
        if check:
            check(folder)
        for field, value in values.items():
            setattr(folder, field, value)
        return place_folder(folder, own)


def change_preset(
    user: User, preset_id: UUID | None, changes: PresetChanges, *, check: Callable[[Preset], object] | None = None
) -> Preset:
    """Change a person's own preset, or make one where ``preset_id`` is None, which needs a name and a model.

    Raises as above, and Conflict where another one has the name.
    """
    if preset_id:
        get_own_preset(user, preset_id)
    else:
        require_room(user.pk)
    name = changes.name if preset_id else changes.name or ""
    values: dict[str, Any] = _read_texts(user, {"name": name, "instructions": changes.instructions})
    numbers = {"temperature": changes.temperature, "output_tokens": changes.output_tokens}
    values |= {name: value for name, value in numbers.items() if value is not KEEP}
    if changes.model is not None or not preset_id:
        values["model"] = changes.model or ""
    try:
        with transaction.atomic():
            preset = get_own_preset(user, preset_id, lock=True) if preset_id else Preset(user=user)
            if check:
                check(preset)
            for field, value in values.items():
                setattr(preset, field, value)
            _require_askable(preset)
            preset.save()
            return preset
    except IntegrityError:
        raise Conflict(NAME_TAKEN) from None


def _require_askable(preset: Preset) -> None:
    entry = get_gateway().find_model(preset.model)
    faults = limit_faults(entry, temperature=preset.temperature, output_tokens=preset.output_tokens)
    if faults:
        raise BadRequest(next(iter(faults.values())))


def _moments(conversation: Conversation, changes: Changes) -> dict[str, Any]:
    """Give since when it is pinned or archived, where that changes."""
    asked = {"pinned_at": changes.is_pinned, "archived_at": changes.is_archived}
    now = timezone.now()
    return {
        name: now if wanted else None
        for name, wanted in asked.items()
        if wanted is not None and wanted != bool(getattr(conversation, name))
    }


def _read_texts(user: User, said: dict[str, str | None]) -> dict[str, str]:
    """Give the texts that change, as they may be stored; names and titles on one line."""
    texts = {name: text for name, text in said.items() if text is not None}
    if "title" in texts:
        texts["title"] = plain_title(texts["title"])
        if not texts["title"]:
            raise BadRequest(_("A title needs at least one visible character."))
    if "name" in texts:
        texts["name"] = plain_title(texts["name"], MAX_FOLDER_NAME)
        if not texts["name"]:
            raise BadRequest(_("A name needs at least one visible character."))
    if len(texts.get("instructions", "")) > MAX_INSTRUCTIONS:
        raise BadRequest(_("Instructions have at most %(most)s characters.") % {"most": grouped(MAX_INSTRUCTIONS)})
    return screen_texts(user, texts) if any(texts.values()) else texts
