"""How a message is put on the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import template

from conversations.choices import name_model
from conversations.models import Role, Status

if TYPE_CHECKING:
    from conversations.models import Message

register = template.Library()

TOLD_REASONS = frozenset({"length", "content_filter"})


register.filter("model_name", name_model)


@register.filter
def status_kind(message: Message | str | None) -> str:
    """Name what the page has to say about the end of an answer, or nothing."""
    if not message or isinstance(message, str) or message.role != Role.ASSISTANT or message.is_streaming:
        return ""
    if message.status == Status.COMPLETE:
        return message.finish_reason if message.finish_reason in TOLD_REASONS else ""
    return message.status
