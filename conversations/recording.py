"""Stores a talk that was held elsewhere, such as through an API that stores nothing unless it is told to.

Programs send a talk whole each time. What they send is found again by its words: one that goes on after an answer that
was stored goes on in the same conversation, and whatever else is said begins one of its own.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from chatproject.database import in_database
from conversations.arranging import tell_of_conversation
from conversations.models import Conversation, Message, Role, Status
from conversations.presets import MAX_INSTRUCTIONS
from conversations.protocol import MAX_TEXT_LENGTH
from conversations.rendering import RENDERER_VERSION, get_pool, render_question
from conversations.screening import title_of
from conversations.text import storable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from accounts.models import User
    from chatproject.errors import DomainError
    from providers.port import Usage

MOST_MESSAGES = 1000
LONGEST_REASON = 500
_NAME = "told:"


@dataclass(frozen=True, slots=True)
class Said:
    """One message of a talk, by a person or a model."""

    role: Role
    text: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The last message of a talk; ``id`` is what the ledger knows it by, ``cost`` in micro-dollars."""

    id: UUID
    text: str
    reasoning: str
    model: str
    asked_model: str
    status: Status
    finish_reason: str
    failure: DomainError | None
    usage: Usage | None
    cost: int | None


@dataclass(frozen=True, slots=True)
class Talk:
    """What was said before the answer, oldest first; ``instructions`` are the system's words."""

    instructions: str
    said: tuple[Said, ...]

    @property
    def problem(self) -> str:
        """Say in English why it cannot be stored; nothing where it can."""
        if not self.said or self.said[-1].role != Role.USER:
            return "a conversation can only be stored when its last message is a question."
        if len(self.said) > MOST_MESSAGES:
            return f"a conversation of more than {MOST_MESSAGES} messages cannot be stored."
        if len(self.instructions) > MAX_INSTRUCTIONS:
            return f"instructions of more than {MAX_INSTRUCTIONS} characters cannot be stored."
        if any(len(one.text) > MAX_TEXT_LENGTH for one in self.said):
            return f"a message of more than {MAX_TEXT_LENGTH} characters cannot be stored."
        return ""


async def record_talk(user: User, talk: Talk, answer: Answer) -> Conversation | None:
    """Store a talk with its answer, and tell who looks at the list; None where the person has gone meanwhile."""
    texts = {one.text for one in talk.said if one.role == Role.ASSISTANT} | {answer.text}
    html = {text: "".join(await get_pool().answer(storable(text))) if text else "" for text in texts}
    return await in_database(_store, user, talk, answer, html)


@transaction.atomic
def _store(user: User, talk: Talk, answer: Answer, html: Mapping[str, str]) -> Conversation | None:
    if not type(user).objects.filter(pk=user.pk).exists():
        return None
    names = _names(talk)
    known = _find_known(user, names)
    conversation = known.conversation if known else _begin(user, talk)
    done = names.index(known.client_id or "") + 1 if known else 0
    rows = _rows(conversation, talk.said[done:], html, parent=known)
    rows.append(_reply(conversation, answer, html, parent=rows[-1], name=_name(names[-1], Role.ASSISTANT, answer.text)))
    start = timezone.now()
    for number, row in enumerate(rows):
        row.created_at = start + timedelta(microseconds=number)
    Message.objects.bulk_create(rows)
    conversation.leaf, conversation.model, conversation.updated_at = rows[-1], answer.model, rows[-1].created_at
    conversation.save(update_fields=["leaf", "model", "updated_at"])
    return tell_of_conversation(conversation)


def _names(talk: Talk) -> list[str]:
    """Name each message by all that was said up to it."""
    names = [_name("", Role.SYSTEM, talk.instructions)]
    for one in talk.said:
        names.append(_name(names[-1], one.role, one.text))
    return names[1:]


def _name(before: str, role: str, text: str) -> str:
    told = hashlib.sha256(f"{before}\0{role}\0{storable(text)}".encode()).hexdigest()
    return f"{_NAME}{told[:56]}"


def _find_known(user: User, names: Sequence[str]) -> Message | None:
    """Find the last answer of a talk that is stored, and hold its conversation, as all do before they hold messages."""
    stored = Message.objects.filter(
        conversation__user=user,
        conversation__deleted_at=None,
        client_id__in=names,
        role=Role.ASSISTANT,
        deleted_at=None,
    )
    places = {name: place for place, name in enumerate(names)}
    found = stored.values_list("client_id", "created_at", "pk", "conversation")
    last = max(found, key=lambda one: (places[one[0] or ""], one[1]), default=None)
    if last is None:
        return None
    _name_of_it, _created_at, pk, conversation = last
    if Conversation.objects.select_for_update().filter(pk=conversation, deleted_at=None).first() is None:
        return None
    return Message.objects.select_related("conversation").filter(pk=pk, deleted_at=None).first()


def _begin(user: User, talk: Talk) -> Conversation:
    first = next(one.text for one in talk.said if one.role == Role.USER)
    return Conversation.objects.create(
        user=user,
        title=title_of(storable(first)),
        instructions=storable(talk.instructions),
        updated_at=timezone.now(),
    )


def _rows(
    conversation: Conversation, said: Sequence[Said], html: Mapping[str, str], *, parent: Message | None
) -> list[Message]:
    rows: list[Message] = []
    for one in said:
        text = storable(one.text)
        row = Message(conversation=conversation, parent=rows[-1] if rows else parent, role=one.role, content=text)
        row.html = html[one.text] if one.role == Role.ASSISTANT else render_question(text)
        row.renderer_version = RENDERER_VERSION
        rows.append(row)
    return rows


def _reply(
    conversation: Conversation, answer: Answer, html: Mapping[str, str], *, parent: Message, name: str
) -> Message:
    usage, failure = answer.usage, answer.failure
    is_named = not Message.objects.filter(conversation=conversation, client_id=name).exists()
    return Message(
        id=answer.id,
        conversation=conversation,
        parent=parent,
        role=Role.ASSISTANT,
        content=storable(answer.text),
        html=html[answer.text],
        renderer_version=RENDERER_VERSION,
        client_id=name if is_named else None,
        model=answer.model,
        asked_model=answer.asked_model if answer.asked_model != answer.model else "",
        status=answer.status,
        finish_reason=answer.finish_reason,
        error_code=failure.code if failure else "",
        error_message=failure.message[:LONGEST_REASON] if failure else "",
        reasoning=storable(answer.reasoning),
        prompt_tokens=usage.prompt_tokens if usage else None,
        tokens=usage.completion_tokens if usage else None,
        tokens_estimated=usage.estimated if usage else False,
        cost=answer.cost,
        finished_at=timezone.now(),
    )
