"""Writes: everything a person can have a model do.

Each function is one transaction, and asks Redis before it: who waits for Redis holds no rows. Commands that start the
model carry a ``client_id``: the same one again returns the same :class:`Turn` with ``is_new=False``, starts nothing and
is not counted. The caller announces and runs a turn after it is committed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils import timezone

from chatproject.errors import BadRequest, Conflict
from conversations import attachments, broadcast, frames
from conversations.admission import admit, count_turn
from conversations.beginning import ANYWHERE
from conversations.history import build_prompt
from conversations.models import Conversation, Message, Role, Status
from conversations.origins import find_answer
from conversations.presets import chosen_for, resolve_choice
from conversations.rendering import RENDERER_VERSION, render_question
from conversations.repetition import find_earlier, require_same_files, require_same_words
from conversations.selectors import find_parent, get_conversation, get_message, get_reply, question_of
from conversations.text import require_sendable
from moderation.models import Direction
from moderation.services import check_text, record_incidents
from providers.gateway import get_gateway
from providers.models import Purpose
from providers.money.ledger import BudgetExhausted, PriceUnknown, reserve
from providers.tokens import estimate_prompt_tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID

    from accounts.models import User
    from conversations.beginning import Beginning
    from conversations.origins import Found
    from conversations.parts import AttachedFile
    from conversations.presets import Choice
    from moderation.services import Checked


@dataclass(frozen=True, slots=True)
class Turn:
    """A question and the reply that is to be written; ``is_new`` is false for a repeated command.

    ``found`` is the answer where no model has to be asked for it, ``attached`` the files that the question carries.
    """

    conversation: Conversation
    question: Message
    reply: Message
    is_new: bool = True
    found: Found | None = None
    attached: tuple[AttachedFile, ...] = ()


# --- asking -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pending:
    """A message that was counted and checked; ``store`` takes its turn. A repeated one has its turn already."""

    text: str
    store: Callable[[], Turn]
    is_new: bool = True


def send_message(
    user: User,
    *,
    client_id: str,
    conversation_id: UUID | None,
    parent_id: UUID | None,
    text: str,
    model: str,
    uploads: Sequence[UUID] = (),
    beginning: Beginning = ANYWHERE,
) -> Turn:
    """Store a question and an empty reply for it; ``conversation_id`` None begins a conversation.

    Raises BadRequest (text, files), NotFound (ids), Busy, Conflict (a client id of other words), TooManyReplies,
    TooManyRequests, BlockedWords, BudgetExhausted, PriceUnknown, or what the gateway says of the model. What is refused
    is counted, and stores nothing but the incident.
    """
    return prepare_message(
        user,
        client_id=client_id,
        conversation_id=conversation_id,
        parent_id=parent_id,
        text=text,
        model=model,
        uploads=uploads,
        beginning=beginning,
    ).store()


def prepare_message(
    user: User,
    *,
    client_id: str,
    conversation_id: UUID | None,
    parent_id: UUID | None,
    text: str,
    model: str,
    uploads: Sequence[UUID] = (),
    beginning: Beginning = ANYWHERE,
    is_counted: bool = False,
) -> Pending:
    """Do what comes before the transaction of :func:`send_message`; one that waited for its turn was counted then."""
    require_sendable(text, has_files=bool(uploads))
    find = partial(find_earlier, user, client_id, conversation_id)
    if earlier := find():
        return _repeated(earlier, text, uploads)
    choice = resolve_choice(user, model)
    if not is_counted and (earlier := count_turn(user, find)):
        return _repeated(earlier, text, uploads)
    files = attachments.look_at(user, uploads, choice.model_id)
    checked = check_text(user, text)
    html = render_question(checked.text)
    name = checked.text.strip() or files[0].name

    def send(found: Found | None) -> Turn:
        conversation = beginning.open(user, conversation_id, client_id, name)
        if earlier := find_earlier(user, client_id, conversation_id):
            return _repeated(earlier, text, uploads).store()
        admit(conversation)
        parent = find_parent(conversation, parent_id)
        turn = partial(_ask, conversation, parent_id=parent, client_id=client_id, checked=checked, html=html)
        return turn(choice=choice, found=found, carry=partial(attachments.claim, user, uploads))

    def store() -> Turn:
        is_plain = not (conversation_id or uploads)
        found = _find_known(beginning.plan(user), checked.text, choice) if is_plain else None
        return _once(partial(send, found))

    return Pending(checked.text, store)


def edit_message(user: User, *, client_id: str, message_id: UUID, text: str, model: str) -> Turn:
    """Ask anew in other words: a sibling of the question, with a reply of its own."""
    return prepare_edit(user, client_id=client_id, message_id=message_id, text=text, model=model).store()


def prepare_edit(user: User, *, client_id: str, message_id: UUID, text: str, model: str) -> Pending:
    """Do what comes before the transaction of :func:`edit_message`."""
    require_sendable(text)
    message = get_message(user, message_id)
    if message.role != Role.USER:
        raise BadRequest("Only your own messages can be edited.")
    find = partial(find_earlier, user, client_id, message.conversation_id)
    if earlier := find():
        return _repeated(earlier, text)
    choice = resolve_choice(user, model)
    if earlier := count_turn(user, find):
        return _repeated(earlier, text)
    checked = check_text(user, text)
    html = render_question(checked.text)
    parent = message.parent_id

    def edit(found: Found | None) -> Turn:
        conversation = get_conversation(user, message.conversation_id, lock=True)
        if earlier := find_earlier(user, client_id, conversation.pk):
            return _repeated(earlier, text).store()
        admit(conversation)
        turn = partial(_ask, conversation, parent_id=parent, client_id=client_id, checked=checked, html=html)
        return turn(choice=choice, found=found, carry=partial(attachments.carry_over, message.pk))

    def store() -> Turn:
        is_plain = parent is None and not attachments.describe(message.pk)
        found = _find_known(message.conversation, checked.text, choice) if is_plain else None
        return _once(partial(edit, found))

    return Pending(checked.text, store)


def regenerate_reply(user: User, *, client_id: str, reply_id: UUID, model: str) -> Turn:
    """Ask the same question again, perhaps of another model: a sibling of the reply."""
    reply = get_reply(user, reply_id)
    question = question_of(reply)
    find = partial(find_earlier, user, client_id, reply.conversation_id)
    if earlier := find():
        return _regenerated(earlier, question)
    choice = resolve_choice(user, model)
    if earlier := count_turn(user, find):
        return _regenerated(earlier, question)

    def regenerate() -> Turn:
        conversation = get_conversation(user, reply.conversation_id, lock=True)
        if earlier := find_earlier(user, client_id, conversation.pk):
            return _regenerated(earlier, question)
        admit(conversation)
        again = _new_reply(conversation, question, choice=choice, client_id=client_id)
        _store(conversation, again)
        _reserve(again)
        return Turn(conversation, question, again, attached=attachments.describe(question.pk))

    return _once(regenerate)


def continue_reply(user: User, *, client_id: str, reply_id: UUID) -> Turn:
    """Let the model go on with a reply that ended early; its text stays and grows."""
    reply = get_reply(user, reply_id)
    if reply.continued_by != client_id:
        count_turn(user, Message.objects.filter(pk=reply.pk, continued_by=client_id).first)
    with transaction.atomic():
        conversation = get_conversation(user, reply.conversation_id, lock=True)
        reply = get_reply(user, reply_id)  # read again under the lock
        if reply.continued_by == client_id:
            return Turn(conversation, question_of(reply), reply, is_new=False)
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
        question = question_of(reply)
        return Turn(conversation, question, reply, attached=attachments.describe(question.pk))


def request_stop(user: User, reply_id: UUID) -> Message:
    """Note that a person wants a reply to stop; whoever writes it sees the note within a second."""
    reply = get_reply(user, reply_id)
    Message.objects.filter(pk=reply.pk, status=Status.STREAMING, stop_requested_at=None).update(
        stop_requested_at=timezone.now()
    )
    return reply


# --- the parts of a turn ------------------------------------------------------------------------------------------


def _once(work: Callable[[], Turn]) -> Turn:
    """Run one command in a transaction; when its parallel twin wins the unique client id, return the twin's turn."""
    try:
        with transaction.atomic():
            return work()
    except IntegrityError:
        with transaction.atomic():
            return work()


def _repeated(question: Message, text: str, uploads: Sequence[UUID] | None = None) -> Pending:
    """Give the turn that a command made when it came first; an edit, which brings no files, has no ``uploads``."""
    attached = attachments.describe(question.pk)
    require_same_words(question, text)
    require_same_files(attached, uploads)
    reply = question.children.filter(role=Role.ASSISTANT).earliest("created_at", "id")
    turn = Turn(question.conversation, question, reply, is_new=False, attached=attached)
    return Pending(question.content, lambda: turn, is_new=False)


def _regenerated(reply: Message, question: Message) -> Turn:
    if reply.parent_id != question.pk or reply.role != Role.ASSISTANT:
        raise Conflict("This was already asked for in another way. Press the button again.")
    return Turn(reply.conversation, question, reply, is_new=False)


def _find_known(conversation: Conversation, text: str, choice: Choice) -> Found | None:
    """Find an answer to the first question of a conversation; before the transaction, because it may ask Redis."""
    question = Message(conversation=conversation, role=Role.USER, content=text)
    return find_answer(question, _new_reply(conversation, question, choice=choice))


def _ask(
    conversation: Conversation,
    *,
    parent_id: UUID | None,
    client_id: str,
    checked: Checked,
    html: str,
    choice: Choice,
    found: Found | None,
    carry: Callable[[Message], tuple[AttachedFile, ...]],
) -> Turn:
    question = Message(
        conversation=conversation,
        parent_id=parent_id,
        role=Role.USER,
        content=checked.text,
        html=html,
        renderer_version=RENDERER_VERSION,
        client_id=client_id,
        created_at=timezone.now(),
    )
    reply = _new_reply(conversation, question, choice=choice)
    if found:
        reply.source, reply.source_at = found.source, found.written_at
    _store(conversation, question, reply)
    attached = carry(question)
    record_incidents(conversation.user_id, checked.findings, Direction.INPUT, question.pk)
    if found:
        return Turn(conversation, question, reply, found=found)
    try:
        _reserve(reply)
    except (BudgetExhausted, PriceUnknown) as refusal:
        kept = f"{refusal.message} Your draft is kept."
        raise type(refusal)(kept, retry_after=refusal.retry_after) from None
    return Turn(conversation, question, reply, attached=attached)


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
