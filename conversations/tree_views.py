"""What people do to single messages without asking a model: walk to a sibling, fork, delete, bring back.

Each answers scripts with JSON, and a form without scripts with the page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from conversations import branching
from conversations.details import describe_reply
from conversations.views import private

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponse

    from conversations.models import Conversation
    from conversations.views import AuthenticatedRequest


@require_POST
@private
def show(request: AuthenticatedRequest, message_id: UUID) -> HttpResponse:
    return _shown(request, branching.show_branch(request.user, message_id))


@require_POST
@private
def keep(request: AuthenticatedRequest, message_id: UUID) -> HttpResponse:
    """Keep one of several answers; it says who goes on answering."""
    return _shown(request, branching.keep_reply(request.user, message_id))


@require_GET
@private
def details(request: AuthenticatedRequest, reply_id: UUID) -> HttpResponse:
    """Tell what there is to know of an answer besides its words, as a page without a frame."""
    return render(request, "conversations/_details.html", {"details": describe_reply(request.user, reply_id)})


@require_POST
@private
def fork(request: AuthenticatedRequest, message_id: UUID) -> HttpResponse:
    return _shown(request, branching.fork_conversation(request.user, message_id))


@require_POST
@private
def delete(request: AuthenticatedRequest, message_id: UUID) -> HttpResponse:
    return _shown(request, branching.delete_message(request.user, message_id))


@require_POST
@private
def restore(request: AuthenticatedRequest, message_id: UUID) -> HttpResponse:
    return _shown(request, branching.restore_message(request.user, message_id))


def _shown(request: AuthenticatedRequest, conversation: Conversation) -> HttpResponse:
    if request.get_preferred_type(["text/html", "application/json"]) == "application/json":
        shown = {"conversation": conversation.pk, "leaf": conversation.leaf_id, "model": conversation.model}
        return JsonResponse(shown)
    return redirect("conversations:detail", conversation.pk)
