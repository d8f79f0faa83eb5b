"""What people think of answers: good or not, and why. Operators see sums of it, and the words of what is reported."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Exists, OuterRef
from django.utils.translation import gettext as _

from accounts import limits
from chatproject.errors import BadRequest, Conflict
from conversations.models import Message, Rating, RatingReason
from conversations.origins import forget_answer
from conversations.selectors import get_conversation, get_reply, get_snapshot
from moderation.services import file_report
from providers.models import UsageRecord

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from accounts.models import User


@dataclass(slots=True)
class RatedModel:
    """How often answers of a model were rated in these ways; ``reasons`` are pairs, the most frequent first."""

    model: str
    good: int = 0
    bad: int = 0
    reasons: list[tuple[str, int]] = field(default_factory=list)

    @property
    def percent(self) -> int:
        return round(100 * self.good / (self.good + self.bad))


def rate_reply(user: User, reply_id: UUID, *, rating: int | None, reason: str = "") -> Message:
    """Note what a person thinks of an answer of theirs; None takes it back.

    Raises NotFound, BadRequest (a reason for the other kind), Conflict while it is being written, TooManyRequests.
    """
    limits.require(limits.WRITINGS, user.pk, settings.RATE_LIMIT_MESSAGES)
    if reason and (rating is None or reason not in Rating(rating).reasons):
        raise BadRequest(_("Choose one of the reasons, or none."))
    with transaction.atomic():
        get_conversation(user, get_reply(user, reply_id).conversation_id, lock=True)
        reply = get_reply(user, reply_id)  # read again under the lock
        if reply.is_streaming:
            raise Conflict(_("This answer is still being written. Rate it when it has ended."))
        reply.rating, reply.rating_reason = rating, reason
        reply.save(update_fields=["rating", "rating_reason"])
    return reply


def report_reply(user: User, reply_id: UUID, *, reason: str = "", remark: str = "") -> Message:
    """Let operators look at an answer of a person's own conversation; again is as good as once.

    Raises NotFound, TooManyRequests.
    """
    limits.require(limits.REPORTS, user.pk, settings.RATE_LIMIT_MESSAGES)
    reply = get_reply(user, reply_id)
    file_report(user, subject=reply.pk, text=get_snapshot(reply.pk).text, reason=reason, remark=remark)
    forget_answer(reply)
    return reply


def sum_ratings(since: datetime) -> list[RatedModel]:
    """Sum up by model how answers that were written since then are rated, the most rated first; of all people.

    Only what a model was asked for here counts: not what somebody brought from elsewhere, nor answers of the FAQ.
    """
    asked = UsageRecord.objects.filter(subject=OuterRef("pk"))
    rated = Message.objects.filter(Exists(asked), created_at__gte=since, rating__isnull=False, deleted_at=None)
    found: dict[str, RatedModel] = {}
    counted = rated.values_list("model", "rating", "rating_reason").annotate(count=Count("pk")).order_by("-count")
    for model, rating, reason, count in counted:
        sums = found.setdefault(model, RatedModel(model))
        if rating == Rating.GOOD:
            sums.good += count
        else:
            sums.bad += count
        if reason:
            sums.reasons.append((str(RatingReason(reason).label), count))
    return sorted(found.values(), key=lambda one: (-one.good - one.bad, one.model))
