"""What was said lately, by nobody in particular: for trying a list of words, not for reading."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.utils import timezone

from conversations.models import Message, Role
from moderation.models import Direction
from moderation.trial import Said

if TYPE_CHECKING:
    from collections.abc import Iterator

PERIOD = timedelta(days=30)
PAGE = 500
DIRECTIONS = {Role.USER: Direction.INPUT, Role.ASSISTANT: Direction.OUTPUT}


def recently_said() -> Iterator[Said]:
    """Give the texts of PERIOD, the newest first; the ids carry the time, so this walks along the primary key."""
    since = UUID(int=int((timezone.now() - PERIOD).timestamp() * 1000) << 80)
    messages = Message.objects.filter(pk__gte=since, role__in=DIRECTIONS).order_by("-pk")
    for role, content in messages.values_list("role", "content").iterator(chunk_size=PAGE):
        if content:
            yield Said(DIRECTIONS[Role(role)], content)
