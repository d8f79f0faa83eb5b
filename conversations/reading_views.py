"""A long answer, read as a document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.views.decorators.http import require_GET

from conversations.models import ReplyChunk
from conversations.selectors import get_reply, show_message
from conversations.views import private

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponse

    from conversations.views import AuthenticatedRequest


@require_GET
@private
def document(request: AuthenticatedRequest, reply_id: UUID) -> HttpResponse:
    """Show one answer by itself, as far as it is written, to be read in peace or printed."""
    reply = get_reply(request.user, reply_id)
    shown = show_message(reply, list(ReplyChunk.objects.filter(reply=reply).order_by("id")))
    context = {"conversation": reply.conversation, "shown": shown}
    return render(request, "conversations/document.html", context)
