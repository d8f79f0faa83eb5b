"""Messages that wait for their turn: they are stored, so they survive every reload, and go out in their order.

What waits was counted and looked at by the list of words when it came; everything else is asked when its turn comes. A
message that is refused then, or that waited for an answer which failed, is held until its person lets it go.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chatproject.errors import Conflict, NotFound
from conversations import broadcast, frames
from conversations.admission import count_turn, has_room, require_possible
from conversations.attachments import look_at
from conversations.models import Conversation, QueuedMessage, Status
from conversations.presets import resolve_choices
from conversations.repetition import find_earlier
from conversations.selectors import get_conversation, is_running
from conversations.text import require_sendable
from moderation.services import check_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID

    from accounts.models import User
    from conversations.questions import Turn

MOST_WAITING = 10
GOES_ON = frozenset({Status.COMPLETE, Status.STOPPED})
UNANSWERED = gettext_lazy("The answer before this one did not come to its end, so this message waits for you.")


def queue_message(
    user: User,
    *,
    client_id: str,
    conversation_id: UUID,
    text: str,
    model: str,
    models: Sequence[str] = (),
    uploads: Sequence[UUID] = (),
) -> QueuedMessage | None:
    """Let a message wait, once; None where nothing is before it, or it was sent already.

    Raises NotFound, BadRequest, Conflict (other words, or too many wait), TooManyRequests, BlockedWords, or what the
    gateway says of the model.
    """
    conversation = get_conversation(user, conversation_id)
    if known := _find_known(conversation_id, client_id, text):
        return known
    if find_earlier(user, client_id, conversation_id) or not _has_something_before(conversation_id):
        return None
    require_sendable(text, has_files=bool(uploads))
    choices = resolve_choices(user, model, models)
    require_possible(len(choices))
    if known := count_turn(user, partial(_find_known, conversation_id, client_id, text), times=len(choices)):
        return known
    look_at(user, uploads, *(choice.model_id for choice in choices))
    check_text(user, text)
    with transaction.atomic():
        get_conversation(user, conversation_id, lock=True)
        if known := _find_known(conversation_id, client_id, text):
            return known
        if QueuedMessage.objects.filter(conversation=conversation_id).count() >= MOST_WAITING:
            raise Conflict(_("%(count)s messages wait already. Your draft is kept.") % {"count": MOST_WAITING})
        queued = QueuedMessage.objects.create(
            conversation=conversation,
            client_id=client_id,
            text=text,
            model=model,
            beside=list(models),
            uploads=[str(upload) for upload in uploads],
        )
        _tell(conversation_id)
        return queued


def list_waiting(conversation_id: UUID) -> list[QueuedMessage]:
    return list(QueuedMessage.objects.filter(conversation=conversation_id))


def get_queued(user: User, queued_id: UUID, *, lock: bool = False) -> QueuedMessage:
    """Return what waits in a person's own conversation; raises NotFound, also once it went out."""
    rows = QueuedMessage.objects.select_related("conversation__user")
    rows = rows.select_for_update(of=("self",)) if lock else rows
    found = rows.filter(pk=queued_id, conversation__user=user, conversation__deleted_at=None).first()
    if found is None:
        raise NotFound(_("This message does not wait any more."))
    return found


def edit_queued(user: User, queued_id: UUID, *, text: str) -> QueuedMessage:
    """Put other words in the place of those that wait; raises what :func:`queue_message` does."""
    queued = get_queued(user, queued_id)
    require_sendable(text, has_files=bool(queued.uploads))
    count_turn(user)
    check_text(user, text)
    return _change(user, queued_id, text=text, held=False, problem="")


def release_queued(user: User, queued_id: UUID) -> QueuedMessage:
    """Let a message that was held go out when its turn comes."""
    return _change(user, queued_id, held=False, problem="")


def withdraw_queued(user: User, queued_id: UUID) -> QueuedMessage:
    """Take a message back before its turn; raises NotFound once it went out."""
    with transaction.atomic():
        queued = get_queued(user, queued_id, lock=True)
        QueuedMessage.objects.filter(pk=queued.pk).delete()
        _tell(queued.conversation_id)
        return queued


def hold_all(conversation_id: UUID, problem: str) -> None:
    """Let nothing of a conversation go out by itself; the first says why."""
    waiting = QueuedMessage.objects.filter(conversation=conversation_id)
    with transaction.atomic():
        if first := waiting.filter(held=False).first():
            waiting.update(held=True)
            waiting.filter(pk=first.pk).update(problem=problem[:500])
            _tell(conversation_id)


def hold_refused(queued: QueuedMessage, problem: str) -> None:
    """Let nothing of a conversation go out by itself, for what was refused; not where it changed or went meanwhile."""
    with transaction.atomic():
        Conversation.objects.select_for_update().filter(pk=queued.conversation_id).first()  # as who takes its turn
        waiting = QueuedMessage.objects.filter(conversation=queued.conversation_id)
        if waiting.filter(pk=queued.pk, text=queued.text, held=False).update(problem=problem[:500]):
            waiting.update(held=True)
            _tell(queued.conversation_id)


def hold_behind(reply_id: UUID, status: Status) -> None:
    """Let nothing go out by itself after the answer on show where it did not end well; in the transaction that ends it.

    So nobody, in whichever process, finds that it has ended and what waits behind it still free to go.
    """
    if status in GOES_ON:
        return
    for conversation_id in Conversation.objects.filter(leaf=reply_id).values_list("pk", flat=True):
        hold_all(conversation_id, str(UNANSWERED))


def find_next(conversation_id: UUID) -> QueuedMessage | None:
    """Find the message whose turn it is; None while an answer is being written, or as many of its person as may be."""
    if is_running(conversation_id):
        return None
    waiting = QueuedMessage.objects.filter(conversation=conversation_id, conversation__deleted_at=None, held=False)
    found = waiting.select_related("conversation__user").first()
    is_next = found and has_room(found.conversation.user_id, replies=len(found.beside) or 1)
    return found if is_next else None


def list_forgotten() -> list[UUID]:
    """List the conversations in which something waits though nothing is before it."""
    waiting = QueuedMessage.objects.filter(held=False, conversation__deleted_at=None)
    return [one for one in set(waiting.values_list("conversation", flat=True)) if not is_running(one)]


def take_turn(queued: QueuedMessage, store: Callable[[], Turn]) -> Turn | None:
    """Send what waited, in one transaction with taking it out of the queue; None where it changed or went meanwhile."""
    with transaction.atomic():
        get_conversation(queued.conversation.user, queued.conversation_id, lock=True)
        same = QueuedMessage.objects.filter(pk=queued.pk, text=queued.text, held=False)
        if not same.delete()[0]:
            return None
        turn = store()
        _tell(queued.conversation_id)
        return turn


def _find_known(conversation_id: UUID, client_id: str, text: str) -> QueuedMessage | None:
    known = QueuedMessage.objects.filter(conversation=conversation_id, client_id=client_id).first()
    if known and known.text != text:
        raise Conflict(_("This message was already sent with other words. Send it again as a new one."))
    return known


def _has_something_before(conversation_id: UUID) -> bool:
    waiting = QueuedMessage.objects.filter(conversation=conversation_id, held=False)
    return is_running(conversation_id) or waiting.exists()


def _change(user: User, queued_id: UUID, **values: object) -> QueuedMessage:
    with transaction.atomic():
        queued = get_queued(user, queued_id, lock=True)
        for name, value in values.items():
            setattr(queued, name, value)
        queued.save(update_fields=list(values))
        _tell(queued.conversation_id)
        return queued


def _tell(conversation_id: UUID) -> None:
    told = frames.queue_changed(conversation_id, list_waiting(conversation_id))
    broadcast.send_soon(broadcast.conversation(conversation_id), told)
