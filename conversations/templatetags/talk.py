"""How a message is put on the page."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from django import template
from django.utils.translation import gettext as _

from conversations.choices import name_model
from conversations.models import Role, Status

if TYPE_CHECKING:
    from conversations.selectors import ShownMessage

register = template.Library()

TOLD_REASONS = frozenset({"length", "content_filter"})
SECONDS_PER_MINUTE = 60


register.filter("model_name", name_model)


@register.filter
def status_kind(shown: ShownMessage | str | None) -> str:
    """Name what the page has to say about the end of an answer, or nothing."""
    if not shown or isinstance(shown, str):
        return ""
    message = shown.message
    if message.role != Role.ASSISTANT or message.is_streaming:
        return ""
    if message.status != Status.COMPLETE:
        return message.status
    if message.finish_reason == "length" and not shown.text:
        return "wordless"
    return message.finish_reason if message.finish_reason in TOLD_REASONS else ""


@register.filter
def thinking_label(shown: ShownMessage | str | None) -> str:
    """Name what an answer's reasoning is: going on, or over after so long. static/js/thinking.js says the same."""
    if not shown or isinstance(shown, str) or not shown.reasoning:
        return ""
    if shown.is_thinking:
        return _("Thinking…")
    spent = shown.message.reasoning_ms
    if shown.message.is_streaming or spent is None:
        return _("Thoughts")
    seconds = math.floor(spent / 1000 + 0.5)
    if seconds < 1:
        return _("Thought for a moment")
    if seconds < SECONDS_PER_MINUTE:
        return _("Thought for %(seconds)s s") % {"seconds": seconds}
    minutes, seconds = divmod(seconds, SECONDS_PER_MINUTE)
    return _("Thought for %(minutes)s min %(seconds)s s") % {"minutes": minutes, "seconds": seconds}
