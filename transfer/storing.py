"""Puts a conversation that was read from a file into the database, once."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chatproject.ids import id_at, is_of_the_past
from chatproject.text import storable
from conversations.models import Conversation, Message, Role, TitleSource
from conversations.presets import MAX_INSTRUCTIONS
from conversations.rendering import RENDERER_VERSION, plain_title
from files.services import carry
from transfer.filing import find_folder, find_tags
from transfer.models import Origin
from transfer.talk import LONGEST_MESSAGE, Said, Talk, Unreadable, in_order

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from accounts.models import User

BATCH = 500
NO_FILES: Mapping[str | int, Sequence[UUID]] = MappingProxyType({})
MODEL_LENGTH = 200
RANDOM_BITS = 74
"""How much of an id is random."""

CUT = "\n\n[cut here: it was longer than a message can be]"


@dataclass(slots=True)
class Prepared:
    """A conversation as it will be stored; ``html`` is rendered outside of any transaction, by the key of a message."""

    talk: Talk
    messages: list[Said]


def prepare(talk: Talk) -> Prepared:
    """Order and cut what was read; raises Unreadable for what has no message, or cannot be ordered."""
    messages = in_order(talk)
    if not messages:
        raise Unreadable(_("It has no messages."))
    talk.instructions = _cut(talk.instructions, MAX_INSTRUCTIONS)
    for step in talk.folder:
        step["instructions"] = _cut(step["instructions"], MAX_INSTRUCTIONS)
    for said in messages:
        said.content = _cut(said.content)
        said.reasoning = _cut(said.reasoning)
    return Prepared(talk, messages)


def is_known(user: User, talk: Talk) -> bool:
    """Tell whether a person has this conversation already: imported before, or never gone."""
    if Origin.objects.filter(user=user, kind=talk.kind, key=talk.key, conversation__deleted_at=None).exists():
        return True
    return talk.kind == "own" and Conversation.objects.filter(user=user, pk=talk.key, deleted_at=None).exists()


def store_talk(
    user: User, prepared: Prepared, html: Mapping[str, str], files: Mapping[str | int, Sequence[UUID]] = NO_FILES
) -> Conversation | None:
    """Store a conversation with all its branches; None where the person has it already.

    ``files`` are those kept for it, by the key of the message, or the place of the folder, that carries them.
    """
    talk = prepared.talk
    of_folders = {place: uploads for place, uploads in files.items() if isinstance(place, int)}
    with transaction.atomic():
        if is_known(user, talk):
            return None
        Origin.objects.filter(user=user, kind=talk.kind, key=talk.key).delete()
        conversation = _store_conversation(user, talk, prepared.messages, of_folders)
        _fill_times(prepared.messages, conversation.created_at)
        ids = _choose_ids(talk, prepared.messages)
        rows = [_row(conversation, said, ids, html) for said in prepared.messages]
        Message.objects.bulk_create(rows, batch_size=BATCH)
        carry(user, {ids[key]: uploads for key, uploads in files.items() if isinstance(key, str)})
        newest = max(rows, key=lambda row: (row.created_at, row.pk))
        conversation.leaf_id = ids.get(talk.leaf or "", newest.pk)
        conversation.save(update_fields=["leaf"])
        conversation.tags.set(find_tags(user, talk.tags))
        Origin.objects.create(user=user, conversation=conversation, kind=talk.kind, key=talk.key)
    return conversation


def _store_conversation(
    user: User, talk: Talk, messages: list[Said], files: Mapping[int, Sequence[UUID]]
) -> Conversation:
    now = timezone.now()
    times = [said.created_at for said in messages if said.created_at]
    created = _past(talk.created_at or min(times, default=now), now)
    updated = _past(talk.updated_at or max(times, default=created), now)
    pinned, archived = talk.further.get("pinned_at"), talk.further.get("archived_at")
    conversation = Conversation.objects.create(
        id=_choose_id(talk, created),
        user=user,
        title=plain_title(storable(talk.title), 200) or _("Imported conversation"),
        title_source=talk.further.get("title_source", TitleSource.PERSON),
        model=storable(talk.model)[:MODEL_LENGTH],
        instructions=talk.instructions,
        folder=find_folder(user, talk.folder, files),
        updated_at=updated,
        pinned_at=pinned or (updated if talk.is_pinned else None),
        archived_at=archived or (updated if talk.is_archived else None),
    )
    Conversation.objects.filter(pk=conversation.pk).update(created_at=created)
    conversation.created_at = created
    return conversation


def _choose_id(talk: Talk, moment: datetime) -> UUID:
    """Keep the id of a conversation of our own where nobody has it; else make one for the moment."""
    if talk.kind == "own":
        kept = UUID(talk.key)
        if is_of_the_past(kept) and not Conversation.objects.filter(pk=kept).exists():
            return kept
    return id_at(moment, secrets.randbits(RANDOM_BITS))


def _fill_times(messages: list[Said], begin: datetime) -> None:
    """Give each message a time that was: where the file has none, just after the one before it."""
    now = timezone.now()
    times: dict[str | None, datetime] = {None: begin}
    for number, said in enumerate(messages):
        guess = times[said.parent] + timedelta(milliseconds=number + 1)
        said.created_at = _past(said.created_at or guess, now)
        times[said.key] = said.created_at


def _choose_ids(talk: Talk, messages: list[Said]) -> dict[str, UUID]:
    """Name the rows: our own messages keep their ids where all of them can, others get ids of their time."""
    if talk.kind == "own":
        kept = {said.key: UUID(said.key) for said in messages}
        if all(map(is_of_the_past, kept.values())) and not Message.objects.filter(pk__in=kept.values()).exists():
            return kept
    return {said.key: id_at(said.created_at or timezone.now(), secrets.randbits(RANDOM_BITS)) for said in messages}


def _row(conversation: Conversation, said: Said, ids: Mapping[str, UUID], html: Mapping[str, str]) -> Message:
    own = {name: storable(value) if isinstance(value, str) else value for name, value in said.further.items()}
    return Message(
        id=ids[said.key],
        conversation=conversation,
        parent_id=ids[said.parent] if said.parent else None,
        role=said.role,
        content=said.content,
        html=html.get(said.key, ""),
        renderer_version=RENDERER_VERSION,
        model=storable(said.model)[:MODEL_LENGTH] if said.role == Role.ASSISTANT else "",
        reasoning=said.reasoning,
        created_at=said.created_at or conversation.created_at,
        **own,
    )


def _past(moment: datetime, now: datetime) -> datetime:
    """Nothing was said in the future, whatever a file says, nor before there was time."""
    return now if moment > now or moment.timestamp() < 0 else moment


def _cut(text: str, longest: int = LONGEST_MESSAGE) -> str:
    text = storable(text)
    return text if len(text) <= longest else text[: longest - len(CUT)] + CUT
