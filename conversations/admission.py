"""Whether the model may be asked now: what stands against it in the conversation, and what the person's limits say."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import limits
from accounts.models import User
from chatproject.errors import BadRequest, Conflict, Forbidden, TooManyRequests
from conversations.branches import hold_messages
from conversations.models import Message, Status

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any
    from uuid import UUID

    from conversations.models import Conversation

T = TypeVar("T")


class Busy(Conflict):
    """The conversation's answer is still being written."""

    code = "busy"


class TooManyReplies(TooManyRequests):
    """As many of a person's answers are being written as may be at the same time."""

    code = "too_many_replies"


def count_turn(user: User, find_earlier: Callable[[], T | None] = lambda: None, *, times: int = 1) -> T | None:
    """Count a command that would start the model, once for each answer, whatever comes of it; raises TooManyRequests.

    It comes before everything that costs: the list of words, a second opinion, a transaction. A command that is
    repeated was counted when it came first: where it is one too many, what its twin may have stored meanwhile is
    looked for once more, and returned.
    """
    try:
        for _time in range(times):
            limits.require(limits.MESSAGES, user.pk, settings.RATE_LIMIT_MESSAGES)
    except TooManyRequests:
        if earlier := find_earlier():
            return earlier
        raise
    return None


def require_possible(replies: int) -> None:
    """Raise BadRequest where so many answers may never be written at the same time: waiting does not help."""
    most = settings.MAX_RUNNING_REPLIES
    if replies > most:
        raise BadRequest(
            ngettext(
                "Only %(most)s answer can be written at a time here. Choose one model.",
                "Only %(most)s answers can be written at the same time here. Choose fewer models.",
                most,
            )
            % {"most": most}
        )


def admit(conversation: Conversation, *, replies: int = 1) -> None:
    """Let a counted turn of so many replies begin; the last question before it is stored, and in its transaction.

    A command that is repeated was admitted once and must not come here again. Raises Busy, TooManyReplies, or
    BadRequest where so many would never be admitted.
    """
    require_possible(replies)
    running = _list_running(conversation.user_id)
    if conversation.pk in running:
        raise Busy(_("The answer is still being written. Wait for it, or stop it first."))
    if len(running) + replies > settings.MAX_RUNNING_REPLIES:
        raise TooManyReplies(
            ngettext(
                "Another answer is still being written. Wait until it is done, or stop it.",
                "%(count)s other answers are still being written. Wait until one is done, or stop one.",
                len(running),
            )
            % {"count": len(running)}
        )


def has_room(user_id: UUID, *, replies: int) -> bool:
    """Tell, holding nobody, whether a person has room for so many replies now; :func:`admit` decides."""
    running = Message.objects.filter(conversation__user=user_id, status=Status.STREAMING).count()
    return running + min(replies, settings.MAX_RUNNING_REPLIES) <= settings.MAX_RUNNING_REPLIES


def _list_running(user_id: UUID) -> list[UUID]:
    """List the conversations of a person in which a reply is being written, one for each such reply.

    Raises Forbidden where the person was suspended since the command came.
    """
    # Whoever looks holds the person until the new reply is stored, so that no two tabs take the last place, and that
    # a suspension comes before (and is seen here) or after (and stops what was begun).
    if not User.objects.select_for_update(no_key=True).filter(pk=user_id, is_active=True).values_list("pk"):
        raise Forbidden(_("This account is suspended."))
    running = Message.objects.filter(conversation__user=user_id, status=Status.STREAMING)
    return list(running.values_list("conversation_id", flat=True))


def stop_replies(user_id: UUID, **_: Any) -> None:
    """Note that all replies of a person shall stop; whoever writes one sees it within a second."""
    running = Message.objects.filter(conversation__user=user_id, status=Status.STREAMING, stop_requested_at=None)
    with transaction.atomic():
        Message.objects.filter(pk__in=hold_messages(running)).update(stop_requested_at=Now())
