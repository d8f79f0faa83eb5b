"""Writes: everything a person can do to a conversation.

Each function is one transaction. Commands that start the model carry a ``client_id``: the same one again returns the
same :class:`Turn` with ``is_new=False`` and starts nothing. The caller announces and runs a turn after it is committed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils import timezone

from chatproject.errors import BadRequest, Conflict, NotFound
from conversations import broadcast, frames
from conversations.admission import admit
from conversations.history import build_prompt
from conversations.models import Conversation, Message, Role, Status, TitleSource
from conversations.origins import find_answer
from conversations.presets import chosen_for, resolve_choice
from conversations.protocol import MAX_TEXT_LENGTH, ConversationChanged
from conversations.rendering import RENDERER_VERSION, plain_title, render_question
from conversations.selectors import get_conversation, get_message, get_reply
from conversations.text import is_storable
from moderation.models import Direction
from moderation.services import check_text, record_incidents, screen_writing
from providers.gateway import get_gateway
from providers.models import Purpose
from providers.money.ledger import BudgetExhausted, PriceUnknown, reserve
from providers.tokens import estimate_prompt_tokens

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from accounts.models import User
    from conversations.origins import Found
    from conversations.presets import Choice

UNDO_PERIOD = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Turn:
    """A question and the reply that is to be written; ``is_new`` is false for a repeated command.

    ``found`` is the answer where no model has to be asked for it.
    """

    conversation: Conversation
    question: Message
    reply: Message
    is_new: bool = True
    found: Found | None = None


# --- asking -------------------------------------------------------------------------------------------------------


def send_message(
    user: User, *, client_id: str, conversation_id: UUID | None, parent_id: UUID | None, text: str, model: str
) -> Turn:
    """Store a question and an empty reply for it; ``conversation_id`` None begins a conversation.

    Raises BadRequest (text), NotFound (ids), Busy, Conflict (the client id was used for other words), TooManyReplies,
    TooManyRequests, BudgetExhausted, PriceUnknown, or what the gateway says of the model. What is refused leaves
    nothing behind.
    """
    _check_text(text)
    choice = resolve_choice(user, model)
    checked = check_text(user, text)
    text, html = checked.text, render_question(checked.text)

    def ask() -> Turn:
        conversation = _conversation_for(user, conversation_id, client_id=client_id, text=text)
        if repeated := _repeated(conversation, client_id, text):
            return repeated
        admit(conversation)
        _check_parent(conversation, parent_id)
        parent = parent_id or conversation.leaf_id
        turn = _ask(conversation, parent_id=parent, client_id=client_id, text=text, html=html, choice=choice)
        record_incidents(user.pk, checked.findings, Direction.INPUT, turn.question.pk)
        return turn

    return _once(ask)


def edit_message(user: User, *, client_id: str, message_id: UUID, text: str, model: str) -> Turn:
    """Ask anew in other words: a sibling of the question, with a reply of its own."""
    _check_text(text)
    choice = resolve_choice(user, model)
    checked = check_text(user, text)
    text, html = checked.text, render_question(checked.text)

    def edit() -> Turn:
        message = get_message(user, message_id)
        if message.role != Role.USER:
            raise BadRequest("Only your own messages can be edited.")
        conversation = get_conversation(user, message.conversation_id, lock=True)
        if repeated := _repeated(conversation, client_id, text):
            return repeated
        admit(conversation)
        parent = message.parent_id
        turn = _ask(conversation, parent_id=parent, client_id=client_id, text=text, html=html, choice=choice)
        record_incidents(user.pk, checked.findings, Direction.INPUT, turn.question.pk)
        return turn

    return _once(edit)


def regenerate_reply(user: User, *, client_id: str, reply_id: UUID, model: str) -> Turn:
    """Ask the same question again, perhaps of another model: a sibling of the reply."""
    choice = resolve_choice(user, model)

    def regenerate() -> Turn:
        reply = get_reply(user, reply_id)
        conversation = get_conversation(user, reply.conversation_id, lock=True)
        question = _question_of(reply)
        if earlier := Message.objects.filter(conversation=conversation, client_id=client_id).first():
            if earlier.parent_id != question.pk or earlier.role != Role.ASSISTANT:
                raise Conflict("This was already asked for in another way. Press the button again.")
            return Turn(conversation, question, earlier, is_new=False)
        admit(conversation)
        again = _new_reply(conversation, question, choice=choice, client_id=client_id)
        _store(conversation, again)
        _reserve(again)
        return Turn(conversation, question, again)

    return _once(regenerate)


def continue_reply(user: User, *, client_id: str, reply_id: UUID) -> Turn:
    """Let the model go on with a reply that ended early; its text stays and grows."""
    with transaction.atomic():
        conversation = get_conversation(user, get_reply(user, reply_id).conversation_id, lock=True)
        reply = get_reply(user, reply_id)  # read again under the lock
        if reply.continued_by == client_id:
            return Turn(conversation, _question_of(reply), reply, is_new=False)
        admit(conversation)
        if not reply.can_continue or conversation.leaf_id != reply.pk:
            raise Conflict("This answer cannot be continued.")
        get_gateway().find_model(reply.model)
        Message.objects.filter(pk=reply.pk).update(
            status=Status.STREAMING,
            continued_by=client_id,
            heartbeat_at=Now(),
            stop_requested_at=None,
            finished_at=None,
            finish_reason="",
            error_code="",
            error_message="",
        )
        reply.refresh_from_db()
        _reserve(reply)
        return Turn(conversation, _question_of(reply), reply)


def request_stop(user: User, reply_id: UUID) -> Message:
    """Note that a person wants a reply to stop; whoever writes it sees the note within a second."""
    reply = get_reply(user, reply_id)
    Message.objects.filter(pk=reply.pk, status=Status.STREAMING, stop_requested_at=None).update(
        stop_requested_at=timezone.now()
    )
    return reply


# --- arranging ----------------------------------------------------------------------------------------------------


def rename_conversation(conversation: Conversation, *, title: str) -> Conversation:
    """Give a conversation a person's title, which nothing replaces. Raises BadRequest or BlockedWords."""
    plain = plain_title(title)
    if not plain:
        raise BadRequest("A title needs at least one visible character.")
    return _change(conversation, title=screen_writing(conversation.user, plain), title_source=TitleSource.PERSON)


def delete_conversation(conversation: Conversation) -> Conversation:
    """Take a conversation away; it can be restored until the sweep removes it, after UNDO_PERIOD."""
    with transaction.atomic():
        Message.objects.filter(conversation=conversation, status=Status.STREAMING).update(
            stop_requested_at=timezone.now()
        )
        return _change(conversation, deleted_at=timezone.now())


def restore_conversation(conversation: Conversation) -> Conversation:
    return _change(conversation, deleted_at=None)


def remove_deleted_conversations() -> int:
    """Remove for good what was deleted longer than UNDO_PERIOD ago; returns how many rows went."""
    due = Conversation.objects.filter(deleted_at__lt=timezone.now() - UNDO_PERIOD)
    with transaction.atomic():
        due.update(leaf=None)
        return due.delete()[0]


def describe_conversation(conversation: Conversation, *, running: bool) -> ConversationChanged:
    """Say what the sidebar shows of a conversation."""
    return ConversationChanged(
        conversation=conversation.pk,
        title=conversation.title,
        updated_at=conversation.updated_at.isoformat(),
        pinned=conversation.pinned_at is not None,
        archived=conversation.archived_at is not None,
        deleted=conversation.deleted_at is not None,
        running=running,
    )


def _change(conversation: Conversation, **values: str | datetime | None) -> Conversation:
    for name, value in values.items():
        setattr(conversation, name, value)
    conversation.save(update_fields=list(values))
    running = conversation.messages.filter(status=Status.STREAMING).exists()
    frame = describe_conversation(conversation, running=running)
    broadcast.send_soon(broadcast.person(conversation.user_id), frame)
    return conversation


# --- the parts of a turn ------------------------------------------------------------------------------------------


def _once(work: Callable[[], Turn]) -> Turn:
    """Run one command in a transaction; when its parallel twin wins the unique client id, return the twin's turn."""
    try:
        with transaction.atomic():
            return work()
    except IntegrityError:
        with transaction.atomic():
            return work()


def _check_text(text: str) -> None:
    if not text.strip():
        raise BadRequest("Write something first.")
    if len(text) > MAX_TEXT_LENGTH:
        raise BadRequest(
            f"This message has {len(text):,} characters; at most {MAX_TEXT_LENGTH:,} can be sent. Your draft is kept."
        )
    if not is_storable(text):
        raise BadRequest("This message holds a character that cannot be stored. Your draft is kept.")


def _conversation_for(user: User, conversation_id: UUID | None, *, client_id: str, text: str) -> Conversation:
    if conversation_id is not None:
        return get_conversation(user, conversation_id, lock=True)
    begun = Conversation.objects.filter(user=user, client_id=client_id).first()
    return begun or Conversation.objects.create(
        user=user, client_id=client_id, title=plain_title(text), updated_at=timezone.now()
    )


def _repeated(conversation: Conversation, client_id: str, text: str) -> Turn | None:
    question = Message.objects.filter(conversation=conversation, client_id=client_id).first()
    if question is None:
        return None
    if question.role != Role.USER or question.content != text:
        raise Conflict("This message was already sent with other words. Send it again as a new one.")
    reply = question.children.filter(role=Role.ASSISTANT).earliest("created_at", "id")
    return Turn(conversation, question, reply, is_new=False)


def _check_parent(conversation: Conversation, parent_id: UUID | None) -> None:
    if parent_id is not None and not conversation.messages.filter(pk=parent_id).exists():
        raise NotFound("The message to answer is not in this conversation.")


def _ask(
    conversation: Conversation, *, parent_id: UUID | None, client_id: str, text: str, html: str, choice: Choice
) -> Turn:
    question = Message(
        conversation=conversation,
        parent_id=parent_id,
        role=Role.USER,
        content=text,
        html=html,
        renderer_version=RENDERER_VERSION,
        client_id=client_id,
        created_at=timezone.now(),
    )
    reply = _new_reply(conversation, question, choice=choice)
    if found := find_answer(question, reply):
        reply.source, reply.source_at = found.source, found.written_at
    _store(conversation, question, reply)
    if found:
        return Turn(conversation, question, reply, found=found)
    try:
        _reserve(reply)
    except (BudgetExhausted, PriceUnknown) as refusal:
        kept = f"{refusal.message} Your draft is kept."
        raise type(refusal)(kept, retry_after=refusal.retry_after) from None
    return Turn(conversation, question, reply)


def _new_reply(
    conversation: Conversation, question: Message, *, choice: Choice, client_id: str | None = None
) -> Message:
    return Message(
        conversation=conversation,
        parent=question,
        role=Role.ASSISTANT,
        status=Status.STREAMING,
        model=choice.model_id,
        preset=choice.preset,
        client_id=client_id,
        created_at=timezone.now(),
        heartbeat_at=Now(),
    )


def _store(conversation: Conversation, *messages: Message) -> None:
    """Save new messages; the last one, a reply, becomes the tip of the branch on show."""
    Message.objects.bulk_create(messages)
    reply = messages[-1]
    conversation.leaf = reply
    conversation.model = chosen_for(reply)
    conversation.updated_at = reply.created_at
    conversation.save(update_fields=["leaf", "model", "updated_at"])


def _reserve(reply: Message) -> None:
    """Set aside what the reply may cost at most; last in a turn, because others wait for the budget meanwhile."""

    def estimate() -> tuple[int, int | None]:
        request = build_prompt(reply).request
        return estimate_prompt_tokens(request.messages), request.max_output_tokens

    user = reply.conversation.user_id
    for warning in reserve(user, purpose=Purpose.CHAT, subject=reply.pk, model=reply.model, estimate=estimate):
        broadcast.send_soon(broadcast.person(user), frames.budget_low(warning))


def _question_of(reply: Message) -> Message:
    if reply.parent is None:
        raise NotFound("The question of this answer is not there.")
    return reply.parent
