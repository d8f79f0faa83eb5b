"""Answers for which no model is asked: what operators wrote, and what a model answered to the same question before.

Only the question that begins a conversation is answered so, and only where nothing of the person's own goes with it:
no instructions of theirs or of a folder, no preset of theirs. What operators wrote also gives way to a preset for
everybody, whose instructions it would pass over. An answer that a model gave before is looked for under everything that
the model would be told now.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chatproject.errors import BadRequest
from conversations.attachments import describe, keeper
from conversations.history import make_prompt
from conversations.models import Message, Source
from faq.entries import find_entry
from faq.shelf import Place
from faq.wording import LONGEST_QUESTION, normalise
from moderation.models import Incident
from providers.gateway import get_gateway
from providers.port import Finished, TextDelta
from providers.reuse import find_reuse

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from datetime import datetime

    from conversations.models import Folder
    from providers.port import ChatRequest

PIECE = 1_000
"""Characters that are told at a time."""


@dataclass(frozen=True, slots=True)
class Found:
    """An answer that is there already, and when it was written."""

    text: str
    source: Source
    written_at: datetime


@dataclass(frozen=True, slots=True)
class Spot:
    """Where the answer to a request is kept for others, if the model is asked in this ``version`` of it."""

    place: Place
    version: str


def find_answer(question: Message, reply: Message) -> Found | None:
    """Find what answers a question, without asking the model of ``reply``; neither needs to be stored yet."""
    if not _is_common(question, reply):
        return None
    if reply.preset is None and (entry := find_entry(question.content)):
        return Found(entry.answer, Source.FAQ, entry.updated_at)
    if not get_gateway().find_model(reply.model).reuses_answers:
        return None
    spot = find_spot(question, reply, make_prompt(reply, [question]).request)
    kept = spot.place.get() if spot else None
    return Found(kept.text, Source.CACHE, kept.made_at) if kept else None


def find_spot(question: Message, reply: Message, request: ChatRequest) -> Spot | None:
    """Find where the answer to a request is kept for others; None where it is for this person alone."""
    entry = get_gateway().find_model(reply.model)
    is_shared = entry.reuses_answers and entry.id == reply.model and _is_common(question, reply)
    if not (is_shared and _is_plain(request)):
        return None
    *before, asked = (one.content for one in request.messages)
    wording = normalise(asked) if len(asked) <= LONGEST_QUESTION else ""
    seconds = find_reuse(entry) if wording else None
    if seconds is None:
        return None
    fitted, version = entry.fit(request), entry.version_at(entry.server)
    place = Place.of(
        seconds,
        model=entry.id,
        version=version,
        preset=str(reply.preset_id or ""),
        instructions=before,
        temperature=fitted.temperature,
        output=fitted.max_output_tokens,
        options=dict(fitted.options),
        question=wording,
    )
    return Spot(place, version)


def claim_spot(question: Message, reply: Message, request: ChatRequest) -> Spot | None:
    """Find where the answer that is asked for now will be kept; None where it will not be.

    Each person has one try, whether it ends well or not: who asks until they like an answer chooses it for nobody.
    """
    spot = find_spot(question, reply, request)
    return spot if spot and spot.place.claim(reply.conversation.user_id) else None


def keep_answer(spot: Spot, reply: Message, text: str, *, asked: tuple[str, str]) -> None:
    """Keep an answer for others, where there is none yet; ``asked`` is the model that wrote it, and its version.

    What was reported while it came is not kept.
    """
    is_kept = asked == (reply.model, spot.version) and spot.place.put(text)
    if is_kept and Incident.objects.filter(subject=reply.pk).exists():
        spot.place.drop()


def forget_answer(reply: Message) -> None:
    """Give an answer to nobody else: somebody has something against it."""
    if reply.parent is None:
        return
    asked = Message(conversation=reply.conversation, parent=reply.parent, model=reply.model, preset=reply.preset)
    with suppress(BadRequest):  # a model that cannot be asked any more repeats nothing
        if spot := find_spot(reply.parent, asked, make_prompt(asked, [reply.parent]).request):
            spot.place.drop()


async def repeat(text: str) -> AsyncGenerator[TextDelta | Finished, None]:
    """Stream an answer that is there already as the gateway streams one."""
    for start in range(0, len(text), PIECE):
        yield TextDelta(text[start : start + PIECE])
        await asyncio.sleep(0)  # whoever tells it comes between
    yield Finished("stop")


def _is_common(question: Message, reply: Message) -> bool:
    """Tell whether anybody who asks this is told the same: it begins a conversation, and nothing goes with it."""
    is_own = reply.preset is not None and reply.preset.user_id is not None
    is_first = question.parent_id is None and reply.continued_by is None
    talk = reply.conversation
    is_plain = (
        not is_own
        and not talk.is_temporary
        and not talk.instructions.strip()
        and not (talk.folder and _adds_something(talk.folder))
    )
    return is_first and is_plain and not describe(question.pk)


def _adds_something(folder: Folder) -> bool:
    return bool(folder.instructions.strip() or keeper().describe_folder(folder.pk))


def _is_plain(request: ChatRequest) -> bool:
    """Tell whether a request is one question, perhaps after instructions, and nothing else."""
    roles = [one.role for one in request.messages]
    return roles[-1:] == ["user"] and set(roles[:-1]) <= {"system"} and not request.tools
