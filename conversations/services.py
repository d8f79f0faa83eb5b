"""Writes: everything a person can have a model do.

Each function is one transaction, and asks Redis before it: who waits for Redis holds no rows. Commands that start the
model carry a ``client_id``: the same one again returns the same :class:`Turn` with ``is_new=False``, starts nothing and
is not counted. The caller announces and runs a turn after it is committed.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from chatproject.errors import BadRequest, Conflict
from conversations import attachments
from conversations.admission import admit, count_turn
from conversations.beginning import ANYWHERE
from conversations.branches import list_beside
from conversations.models import Message, Role, Status
from conversations.presets import resolve_choice, resolve_choices
from conversations.questions import (
    Pending,
    Turn,
    ask,
    find_known,
    new_reply,
    regenerated,
    repeated,
    set_aside,
    store_turn,
    take_once,
)
from conversations.rendering import render_question
from conversations.repetition import find_earlier
from conversations.selectors import find_parent, get_conversation, get_message, get_reply, question_of
from conversations.text import require_sendable
from moderation.services import check_text
from providers.gateway import get_gateway

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from accounts.models import User
    from conversations.beginning import Beginning
    from conversations.origins import Found


def send_message(
    user: User,
    *,
    client_id: str,
    conversation_id: UUID | None,
    parent_id: UUID | None,
    text: str,
    model: str,
    models: Sequence[str] = (),
    uploads: Sequence[UUID] = (),
    beginning: Beginning = ANYWHERE,
) -> Turn:
    """Store a question and an empty reply for it; ``conversation_id`` None begins a conversation.

    With ``models``, of which ``model`` is the first, each of them answers, side by side, and counts as a message.
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
        models=models,
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
    models: Sequence[str] = (),
    uploads: Sequence[UUID] = (),
    beginning: Beginning = ANYWHERE,
    is_counted: bool = False,
) -> Pending:
    """Do what comes before the transaction of :func:`send_message`; one that waited for its turn was counted then."""
    require_sendable(text, has_files=bool(uploads))
    find = partial(find_earlier, user, client_id, conversation_id)
    if earlier := find():
        return repeated(earlier, text, uploads)
    choices = resolve_choices(user, model, models)
    if not is_counted and (earlier := count_turn(user, find, times=len(choices))):
        return repeated(earlier, text, uploads)
    files = attachments.look_at(user, uploads, *(choice.model_id for choice in choices))
    checked = check_text(user, text)
    html = render_question(checked.text)
    name = checked.text.strip() or files[0].name

    def send(found: Found | None) -> Turn:
        conversation = beginning.open(user, conversation_id, client_id, name)
        if earlier := find_earlier(user, client_id, conversation_id):
            return repeated(earlier, text, uploads).store()
        admit(conversation, replies=len(choices))
        parent = find_parent(conversation, parent_id)
        turn = partial(ask, conversation, parent_id=parent, client_id=client_id, checked=checked, html=html)
        return turn(choices=choices, found=found, carry=partial(attachments.claim, user, uploads))

    def store() -> Turn:
        is_plain = not (conversation_id or uploads) and len(choices) == 1  # who compares wants the models themselves
        found = find_known(beginning.plan(user), checked.text, choices[0]) if is_plain else None
        return take_once(partial(send, found))

    return Pending(checked.text, store)


def edit_message(user: User, *, client_id: str, message_id: UUID, text: str, model: str) -> Turn:
    """Ask anew in other words: a sibling of the question, with a reply of its own."""
    return prepare_edit(user, client_id=client_id, message_id=message_id, text=text, model=model).store()


def prepare_edit(user: User, *, client_id: str, message_id: UUID, text: str, model: str) -> Pending:
    """Do what comes before the transaction of :func:`edit_message`."""
    require_sendable(text)
    message = get_message(user, message_id)
    if message.role != Role.USER:
        raise BadRequest(_("Only your own messages can be edited."))
    find = partial(find_earlier, user, client_id, message.conversation_id)
    if earlier := find():
        return repeated(earlier, text)
    choice = resolve_choice(user, model)
    if earlier := count_turn(user, find):
        return repeated(earlier, text)
    checked = check_text(user, text)
    html = render_question(checked.text)
    parent = message.parent_id

    def edit(found: Found | None) -> Turn:
        conversation = get_conversation(user, message.conversation_id, lock=True)
        if earlier := find_earlier(user, client_id, conversation.pk):
            return repeated(earlier, text).store()
        get_message(user, message_id)  # it may have been deleted meanwhile
        admit(conversation)
        turn = partial(ask, conversation, parent_id=parent, client_id=client_id, checked=checked, html=html)
        return turn(choices=[choice], found=found, carry=partial(attachments.carry_over, message.pk))

    def store() -> Turn:
        is_plain = parent is None and not attachments.describe(message.pk)
        found = find_known(message.conversation, checked.text, choice) if is_plain else None
        return take_once(partial(edit, found))

    return Pending(checked.text, store)


def regenerate_reply(user: User, *, client_id: str, reply_id: UUID, model: str) -> Turn:
    """Ask the same question again, perhaps of another model: a sibling of the reply."""
    reply = get_reply(user, reply_id)
    question = question_of(reply)
    find = partial(find_earlier, user, client_id, reply.conversation_id)
    if earlier := find():
        return regenerated(earlier, question)
    choice = resolve_choice(user, model)
    if earlier := count_turn(user, find):
        return regenerated(earlier, question)

    def regenerate() -> Turn:
        conversation = get_conversation(user, reply.conversation_id, lock=True)
        if earlier := find_earlier(user, client_id, conversation.pk):
            return regenerated(earlier, question)
        get_reply(user, reply_id)  # it may have been deleted meanwhile
        admit(conversation)
        again = new_reply(conversation, question, choice=choice, client_id=client_id)
        if list_beside(reply):  # it takes the place of the former among the others
            again.is_compared = True
            Message.objects.filter(pk=reply.pk).update(is_compared=False)
        store_turn(conversation, [again])
        set_aside(again)
        compared = tuple(list_beside(again))
        return Turn(conversation, question, again, attached=attachments.describe(question.pk), compared=compared)

    return take_once(regenerate)


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
        compared = tuple(list_beside(reply))
        if not reply.can_continue or conversation.leaf_id not in {one.pk for one in (reply, *compared)}:
            raise Conflict(_("This answer cannot be continued."))
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
        set_aside(reply)
        question = question_of(reply)
        return Turn(conversation, question, reply, attached=attachments.describe(question.pk), compared=compared)


def request_stop(user: User, reply_id: UUID) -> Message:
    """Note that a person wants a reply to stop; whoever writes it sees the note within a second."""
    reply = get_reply(user, reply_id)
    Message.objects.filter(pk=reply.pk, status=Status.STREAMING, stop_requested_at=None).update(
        stop_requested_at=timezone.now()
    )
    return reply
