"""What there is to know of an answer besides its words: how long it is, what it took, what it was told."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from conversations.attachments import describe
from conversations.choices import name_model
from conversations.selectors import get_reply, get_snapshot
from conversations.templatetags.prices import price

if TYPE_CHECKING:
    from uuid import UUID

    from accounts.models import User
    from conversations.models import Message
    from conversations.parts import AttachedFile

WORDS_A_MINUTE = 230
SIGNS_A_MINUTE = 400
_SIGN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


@dataclass(frozen=True, slots=True)
class Details:
    """``rows`` are names and values for people; ``files`` are those that the question brought along."""

    rows: list[tuple[str, str]]
    files: tuple[AttachedFile, ...]


def describe_reply(user: User, reply_id: UUID) -> Details:
    """Describe an answer of a person's own; raises NotFound. What is not known is left out."""
    reply = get_reply(user, reply_id)
    text = get_snapshot(reply.pk).text
    rows = [
        (_("Model"), name_model(reply.model) if reply.model and not reply.source else ""),
        (_("Time to read"), _say_minutes(text)),
        (_("First word after"), _say_seconds(reply.first_token_ms)),
        (_("Written in"), _say_seconds(_milliseconds(reply))),
        (_("Tokens"), _say_tokens(reply)),
        (_("Cost"), price(reply.cost) if settings.SHOW_COST and reply.cost is not None else ""),
    ]
    files = describe(reply.parent_id) if reply.parent_id else ()
    return Details([(name, value) for name, value in rows if value], files)


def _say_minutes(text: str) -> str:
    signs = len(_SIGN.findall(text))
    words = len(_SIGN.sub(" ", text).split())
    minutes = math.ceil(signs / SIGNS_A_MINUTE + words / WORDS_A_MINUTE)
    return ngettext("%(count)s minute", "%(count)s minutes", minutes) % {"count": minutes} if minutes else ""


def _milliseconds(reply: Message) -> int | None:
    if reply.finished_at is None or reply.continued_by is not None:
        return None
    return round((reply.finished_at - reply.created_at).total_seconds() * 1000)


def _say_seconds(milliseconds: int | None) -> str:
    if milliseconds is None:
        return ""
    return _("%(seconds)s s") % {"seconds": number_format(round(milliseconds / 1000, 1), 1)}


def _say_tokens(reply: Message) -> str:
    if reply.tokens is None or reply.prompt_tokens is None:
        return ""
    counts = {
        "read": number_format(reply.prompt_tokens, force_grouping=True),
        "written": number_format(reply.tokens, force_grouping=True),
    }
    if reply.tokens_estimated:
        return _("about %(read)s read, %(written)s written") % counts
    return _("%(read)s read, %(written)s written") % counts
