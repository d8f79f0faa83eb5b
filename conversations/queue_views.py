"""What people do to messages that wait for their turn; scripts get JSON, a form without scripts the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import JsonResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from conversations import queueing, turns
from conversations.views import private

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponse

    from conversations.models import QueuedMessage
    from conversations.views import AuthenticatedRequest


@require_POST
@private
def edit(request: AuthenticatedRequest, queued_id: UUID) -> HttpResponse:
    queued = queueing.edit_queued(request.user, queued_id, text=request.POST.get("text", ""))
    turns.go_on_soon(queued.conversation_id)
    return _changed(request, queued)


@require_POST
@private
def release(request: AuthenticatedRequest, queued_id: UUID) -> HttpResponse:
    queued = queueing.release_queued(request.user, queued_id)
    turns.go_on_soon(queued.conversation_id)
    return _changed(request, queued)


@require_POST
@private
def withdraw(request: AuthenticatedRequest, queued_id: UUID) -> HttpResponse:
    return _changed(request, queueing.withdraw_queued(request.user, queued_id))


def _changed(request: AuthenticatedRequest, queued: QueuedMessage) -> HttpResponse:
    if request.get_preferred_type(["text/html", "application/json"]) == "application/json":
        return JsonResponse({"conversation": queued.conversation_id, "text": queued.text})
    return redirect("conversations:detail", queued.conversation_id)
