"""A question and the replies to it: how a turn is made, stored and paid for, inside the transaction of its command."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from chatproject.errors import Conflict
from conversations import attachments, broadcast, frames
from conversations.branches import list_beside
from conversations.history import build_prompt
from conversations.models import Conversation, Message, Role, Status
from conversations.origins import find_answer
from conversations.presets import chosen_for
from conversations.rendering import RENDERER_VERSION
from conversations.repetition import require_same_files, require_same_words
from moderation.models import Direction
from moderation.services import record_incidents
from providers.models import Purpose
from providers.money.ledger import BudgetExhausted, PriceUnknown, reserve
from providers.tokens import estimate_prompt_tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID

    from conversations.origins import Found
    from conversations.parts import AttachedFile
    from conversations.presets import Choice
    from moderation.services import Checked


@dataclass(frozen=True, slots=True)
class Turn:
    """A question and the reply that is to be written; ``is_new`` is false for a repeated command.

    ``found`` is the answer where no model has to be asked for it, ``attached`` the files that the question carries.
    ``beside`` are the replies of other models that are to be written, too, ``compared`` all that stand side by side.
    """

    conversation: Conversation
    question: Message
    reply: Message
    is_new: bool = True
    found: Found | None = None
    attached: tuple[AttachedFile, ...] = ()
    beside: tuple[Message, ...] = ()
    compared: tuple[Message, ...] = ()

    @property
    def replies(self) -> tuple[Message, ...]:
        return self.reply, *self.beside


@dataclass(frozen=True, slots=True)
class Pending:
    """A message that was counted and checked; ``store`` takes its turn. A repeated one has its turn already."""

    text: str
    store: Callable[[], Turn]
    is_new: bool = True


def take_once(work: Callable[[], Turn]) -> Turn:
    """Run one command in a transaction; when its parallel twin wins the unique client id, return the twin's turn."""
    try:
        with transaction.atomic():
            return work()
    except IntegrityError:
        with transaction.atomic():
            return work()


def repeated(question: Message, text: str, uploads: Sequence[UUID] | None = None) -> Pending:
    """Give the turn that a command made when it came first; an edit, which brings no files, has no ``uploads``."""
    attached = attachments.describe(question.pk)
    require_same_words(question, text)
    require_same_files(attached, uploads)
    reply = question.children.filter(role=Role.ASSISTANT).earliest("created_at", "id")
    compared = tuple(list_beside(reply))
    beside = tuple(one for one in compared if one != reply)
    turn = Turn(
        question.conversation, question, reply, is_new=False, attached=attached, beside=beside, compared=compared
    )
    return Pending(question.content, lambda: turn, is_new=False)


def regenerated(reply: Message, question: Message) -> Turn:
    """Give the turn that asked for another answer when it came first; raises Conflict where it was another command."""
    if reply.parent_id != question.pk or reply.role != Role.ASSISTANT:
        raise Conflict(_("This was already asked for in another way. Press the button again."))
    return Turn(reply.conversation, question, reply, is_new=False, compared=tuple(list_beside(reply)))


def find_known(conversation: Conversation, text: str, choice: Choice) -> Found | None:
    """Find an answer to the first question of a conversation; before the transaction, because it may ask Redis."""
    question = Message(conversation=conversation, role=Role.USER, content=text)
    return find_answer(question, new_reply(conversation, question, choice=choice))


def ask(
    conversation: Conversation,
    *,
    parent_id: UUID | None,
    client_id: str,
    checked: Checked,
    html: str,
    choices: Sequence[Choice],
    found: Found | None,
    carry: Callable[[Message], tuple[AttachedFile, ...]],
) -> Turn:
    """Store a question with a reply for each choice, of which the first is on show, and set aside what they may cost.

    Raises BudgetExhausted and PriceUnknown, also where the budget covers only some of them.
    """
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
    replies = [new_reply(conversation, question, choice=choice) for choice in choices]
    if found:
        replies[0].source, replies[0].source_at = found.source, found.written_at
    if len(replies) > 1:
        for one in replies:
            one.is_compared = True
        replies[0].chosen_at = timezone.now()  # made first, and yet the one on show
    store_turn(conversation, replies, question)
    attached = carry(question)
    record_incidents(conversation.user_id, checked.findings, Direction.INPUT, question.pk)
    first, *beside = replies
    compared = tuple(replies) if beside else ()
    turn = Turn(conversation, question, first, found=found, attached=attached, beside=tuple(beside), compared=compared)
    if not found:
        _set_aside_for_question(replies)
    return turn


def new_reply(
    conversation: Conversation, question: Message, *, choice: Choice, client_id: str | None = None
) -> Message:
    """Make an empty reply without storing it."""
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


def store_turn(conversation: Conversation, replies: Sequence[Message], question: Message | None = None) -> None:
    """Save new replies, perhaps with their question; the first becomes the tip of the branch on show."""
    Message.objects.bulk_create([*([question] if question else []), *replies])
    conversation.leaf = replies[0]
    conversation.model = chosen_for(replies[0])
    conversation.updated_at = replies[-1].created_at
    conversation.save(update_fields=["leaf", "model", "updated_at"])


def set_aside(*replies: Message) -> None:
    """Set aside what the replies may cost at most; last in a turn, because others wait for the budget meanwhile."""

    @cache
    def estimates() -> dict[UUID, tuple[int, int | None]]:
        """Estimate all when the first is asked for: nothing is held yet."""
        return {reply.pk: _estimate(reply) for reply in replies}

    def estimate(reply: Message) -> tuple[int, int | None]:
        return estimates()[reply.pk]

    for reply in replies:
        user, tokens = reply.conversation.user_id, partial(estimate, reply)
        for warning in reserve(user, purpose=Purpose.CHAT, subject=reply.pk, model=reply.model, estimate=tokens):
            broadcast.send_soon(broadcast.person(user), frames.budget_low(warning))


def _estimate(reply: Message) -> tuple[int, int | None]:
    request = build_prompt(reply).request
    return estimate_prompt_tokens(request.messages), request.max_output_tokens


def _set_aside_for_question(replies: Sequence[Message]) -> None:
    try:
        set_aside(*replies)
    except (BudgetExhausted, PriceUnknown) as refusal:
        kept = _("%(refusal)s Your draft is kept.") % {"refusal": refusal.message}
        raise type(refusal)(kept, retry_after=refusal.retry_after) from None
