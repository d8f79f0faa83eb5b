"""What was said lately, by nobody in particular: for trying a list of words, not for reading."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from chatproject.ids import id_at
from conversations.models import Message, Role
from moderation.models import Direction
from moderation.trial import Said

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.models import QuerySet

PERIOD = timedelta(days=30)
PAGE = 500
DIRECTIONS = {Role.USER: Direction.INPUT, Role.ASSISTANT: Direction.OUTPUT}


def recently_said() -> Iterator[Said]:
    """Give the texts of PERIOD, the newest first; the ids carry the time, so this walks along the primary key."""
    messages = _recent().order_by("-pk").values_list("role", "content", "created_at", "conversation__user_id")
    for role, content, at, person in messages.iterator(chunk_size=PAGE):
        yield Said(DIRECTIONS[Role(role)], content, at, person)


def count_recently_said() -> int:
    return _recent().count()


def _recent() -> QuerySet[Message]:
    since = id_at(timezone.now() - PERIOD)
    return Message.objects.filter(pk__gte=since, role__in=DIRECTIONS).exclude(content="")
