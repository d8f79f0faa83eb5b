"""Lets a model name conversations after their first answer. Nobody waits for it, and a person's own title stays.

The call has a record of its own in the ledger, and there is one try for each conversation: whatever goes wrong, the
first words of the question are a title already.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing
from dataclasses import dataclass, field
from threading import Event
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction

from chatproject.database import in_database
from chatproject.errors import BadRequest, DomainError, as_domain_error
from conversations import broadcast, frames
from conversations.arranging import tell_of_conversation
from conversations.draft import Draft
from conversations.models import Conversation, Message, Status, TitleSource
from conversations.screening import Screening, title_of
from conversations.tally import Tally, outcome_of
from conversations.text import storable
from providers.gateway import get_gateway
from providers.models import Purpose, UsageRecord
from providers.money.ledger import reserve, settle
from providers.port import ChatMessage, ChatRequest, Finished, TextDelta
from providers.tokens import estimate_prompt_tokens

if TYPE_CHECKING:
    from uuid import UUID

    from providers.catalogue import CatalogueEntry

logger = logging.getLogger(__name__)

OWN, NOBODY = "own", "none"
PATIENCE = 30.0
LONGEST_EXCERPT = 2_000
LONGEST_TITLE = 80
OUTPUT_TOKENS, OUTPUT_TOKENS_OF_THINKERS = 60, 1_000
TASK = (
    "Name the conversation that begins with the following question and answer: three to six words, in the language of "
    "the question, without quotation marks and without a full stop. Answer with the name alone."
)

SETTLING = 10.0
"""Seconds in which a drain waits until what has begun is accounted for."""

_tasks: set[asyncio.Task[None]] = set()
_asking: set[asyncio.Task[None]] = set()
_rest = Event()
"""Set once no model is asked here any more: the process drains."""


@dataclass(slots=True)
class Naming:
    """One try to name a conversation, and how it goes."""

    conversation: UUID
    user: UUID
    model: str
    request: ChatRequest
    tally: Tally
    draft: Draft = field(default_factory=Draft)
    status: Status = Status.STOPPED
    error: DomainError | None = None


def begin(reply: Message) -> None:
    """Begin to name the conversation of an answer that ended, where it has no name but its first words."""
    if _rest.is_set():
        return
    talk = reply.conversation
    is_unnamed = talk.title_source == TitleSource.WORDS and not talk.is_temporary and not reply.source
    if is_unnamed and reply.status == Status.COMPLETE and _find_namer(reply.model):
        _keep(asyncio.create_task(_name(reply.pk)), _tasks)


def rest() -> None:
    """Ask no further model in this process."""
    _rest.set()


async def settle_all() -> None:
    """End what was asked, and account for it; after :func:`rest`."""
    for task in tuple(_asking):
        task.cancel()  # and nothing else: what is set aside in the database has to be given back
    if _tasks:
        await asyncio.wait(tuple(_tasks), timeout=SETTLING)


def _keep(task: asyncio.Task[None], tasks: set[asyncio.Task[None]]) -> None:
    tasks.add(task)
    task.add_done_callback(tasks.discard)


async def _name(reply_id: UUID) -> None:
    try:
        naming = await in_database(_prepare, reply_id)
        if naming is None:
            return
        try:
            if not _rest.is_set():
                await _ask_for_a_while(naming)
        except DomainError as error:
            naming.status, naming.error = Status.FAILED, error
        finally:
            await asyncio.shield(in_database(_end, naming))
    except Exception as error:  # noqa: BLE001 - translated in one place, which logs it; there is a title already
        as_domain_error(error)


async def _ask_for_a_while(naming: Naming) -> None:
    asking = asyncio.create_task(_ask(naming))
    _keep(asking, _asking)
    await asyncio.wait({asking}, timeout=PATIENCE)
    if asking.cancel():
        await asyncio.wait({asking})
    if asking.cancelled():
        logger.info("Conversation %s was not named in time.", naming.conversation)
        return
    asking.result()


async def _ask(naming: Naming) -> None:
    screening = Screening(naming.draft)
    async with aclosing(get_gateway().stream(naming.model, naming.request)) as events:
        async for event in events:
            naming.tally.note(event)
            if isinstance(event, TextDelta):
                screening.say(storable(event.text))
            elif isinstance(event, Finished):
                screening.finish(event.reason)
                naming.status = Status.COMPLETE


def _prepare(reply_id: UUID) -> Naming | None:
    """Decide who names the conversation, once, and set aside what it may cost; None where it stays as it is."""
    found = Message.objects.select_related("conversation", "parent").filter(pk=reply_id, deleted_at=None).first()
    question = found.parent if found else None
    if found is None or question is None or question.parent_id is not None:
        return None
    try:
        with transaction.atomic():
            return _claim(found, question)
    except DomainError:
        return None  # no budget is left for it, or the model is gone


def _claim(reply: Message, question: Message) -> Naming | None:
    rows = Conversation.objects.select_for_update()
    unnamed = rows.filter(pk=reply.conversation_id, deleted_at=None, is_temporary=False)
    talk = unnamed.filter(title_source=TitleSource.WORDS).first()
    if talk is None or UsageRecord.objects.filter(subject=talk.pk).exists():
        return None
    entry = _find_namer(reply.model)
    if entry is None:
        return None
    request = _make_request(entry, question.content, reply.content)
    tokens = estimate_prompt_tokens(request.messages), request.max_output_tokens
    warnings = reserve(talk.user_id, purpose=Purpose.TITLE, subject=talk.pk, model=entry.id, estimate=lambda: tokens)
    _warn(talk.user_id, warnings)
    return Naming(talk.pk, talk.user_id, entry.id, request, Tally(request.messages))


def _find_namer(answered_by: str) -> CatalogueEntry | None:
    """Find the model that operators name, or the one that answered, where it is paid by use.

    One that costs nothing runs on a machine of one's own, where the next question would wait for the title.
    """
    if settings.TITLE_MODEL == NOBODY:
        return None
    try:
        if settings.TITLE_MODEL != OWN:
            return get_gateway().find_model(settings.TITLE_MODEL)
        entry = get_gateway().find_model(answered_by)
    except BadRequest:
        return None
    return entry if entry.prices and not entry.is_free else None


def _make_request(entry: CatalogueEntry, question: str, answer: str) -> ChatRequest:
    said = f"{question[:LONGEST_EXCERPT]}\n\n---\n\n{answer[:LONGEST_EXCERPT]}"
    output = OUTPUT_TOKENS_OF_THINKERS if entry.has_reasoning else OUTPUT_TOKENS
    return ChatRequest(
        model=entry.name,
        messages=(ChatMessage("system", TASK), ChatMessage("user", said)),
        max_output_tokens=output,
    )


def _end(naming: Naming) -> None:
    """Account for the try, and give the conversation its name, if its person has not done so meanwhile."""
    naming.tally.close(outcome_of(naming.status), naming.error.code if naming.error else "", naming.draft)
    title = _read_title(naming.draft.text) if naming.status is Status.COMPLETE else ""
    with transaction.atomic():
        # The conversation before the accounts of budgets, as in a turn that begins at this moment.
        unnamed = Conversation.objects.filter(pk=naming.conversation, title_source=TitleSource.WORDS, deleted_at=None)
        if title and unnamed.update(title=title, title_source=TitleSource.MODEL):
            tell_of_conversation(Conversation.objects.get(pk=naming.conversation))
        settled = settle(naming.conversation, naming.tally.calls)
        _warn(naming.user, settled.warnings)


def _read_title(said: str) -> str:
    """Take the first line that says something, without what models like to put around it."""
    line = next((one for one in said.splitlines() if one.strip()), "")
    name = line.strip().strip("\"'“”„«»*#").removesuffix(".").strip()
    return title_of(name) if len(name) <= LONGEST_TITLE else ""


def _warn(user_id: UUID, warnings: list[str] | tuple[str, ...]) -> None:
    for warning in warnings:
        broadcast.send_soon(broadcast.person(user_id), frames.budget_low(warning))
