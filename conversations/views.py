"""The pages of the chat. The talk itself goes over the socket; these show what is stored and change the list."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_POST

from chatproject.errors import BadRequest, NotFound
from conversations import arranging
from conversations.choices import choose_model, describe_models, is_demonstration, name_choice
from conversations.forms import REPORT_REASONS, RatingForm, RenameForm, ReportForm
from conversations.library import get_folder, list_folders, list_sidebar, list_tags
from conversations.models import Rating
from conversations.queueing import list_waiting
from conversations.rating import rate_reply, report_reply
from conversations.selectors import (
    find_newest_conversation,
    get_conversation,
    get_deleted_conversation,
    turn_to,
)
from conversations.sidebar import browser_zone, group_by_date
from conversations.suggestions import SUGGESTIONS
from conversations.windows import (
    Window,
    first_message,
    first_message_since,
    newest_window,
    window_after,
    window_around,
    window_before,
)
from moderation.measures import acknowledge_warning, list_open_warnings

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http.response import HttpResponseBase

    from accounts.models import User
    from conversations.models import Conversation, Folder

SOCKET_PATH = "/ws/chat/"
ZONE_COOKIE = "timezone"


class AuthenticatedRequest(HttpRequest):
    user: User


def private(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Show a page to the person who is signed in, and to no cache."""
    return cache_control(private=True, no_store=True)(login_required(view))


@require_GET
@private
def home(request: AuthenticatedRequest) -> HttpResponse:
    newest = find_newest_conversation(request.user)
    return redirect("conversations:detail", newest.pk) if newest else redirect("conversations:new")


@require_GET
@private
def new(request: AuthenticatedRequest) -> HttpResponse:
    return _page(request, None, Window([]))


@require_GET
@private
def detail(request: AuthenticatedRequest, conversation_id: UUID) -> HttpResponse:
    """Show the newest part of a talk, or with ``?before=`` or ``?after=`` the part next to a message.

    With ``?message=`` it is the part around that message, in a branch in which it stands; what is stored stays.
    ``?at=first`` and ``?day=2026-01-31`` lead to the message they mean.
    """
    conversation = get_conversation(request.user, conversation_id)
    if place := _find_place(request, conversation):
        return redirect(f"{request.path}?message={place}#m-{place}")
    if wanted := request.GET.get("message"):
        message = _read_id(wanted)
        turned_to = wanted if turn_to(conversation, message) else ""
        return _page(request, conversation, window_around(conversation, message), turned_to=turned_to)
    if first := request.GET.get("before"):
        return _page(request, conversation, window_before(conversation, _read_id(first)))
    if last := request.GET.get("after"):
        return _page(request, conversation, window_after(conversation, _read_id(last)))
    return _page(request, conversation, newest_window(conversation))


@require_POST
@private
def rename(request: AuthenticatedRequest, conversation_id: UUID) -> JsonResponse:
    conversation = get_conversation(request.user, conversation_id)
    return _changed(arranging.rename_conversation(conversation, title=RenameForm(request.POST).read()))


@require_POST
@private
def delete(request: AuthenticatedRequest, conversation_id: UUID) -> JsonResponse:
    return _changed(arranging.delete_conversation(get_conversation(request.user, conversation_id)))


@require_POST
@private
def restore(request: AuthenticatedRequest, conversation_id: UUID) -> JsonResponse:
    return _changed(arranging.restore_conversation(get_deleted_conversation(request.user, conversation_id)))


@require_POST
@private
def end(request: AuthenticatedRequest, conversation_id: UUID) -> JsonResponse:
    """End a temporary conversation: nothing of it is left."""
    arranging.end_temporary(get_conversation(request.user, conversation_id))
    return JsonResponse({"conversation": conversation_id})


@require_POST
@private
def report(request: AuthenticatedRequest, reply_id: UUID) -> JsonResponse:
    """Let operators look at an answer of one's own conversation; again is as good as once."""
    reply = report_reply(request.user, reply_id, **ReportForm(request.POST).read())
    return JsonResponse({"reply": reply.pk})


@require_POST
@private
def rate(request: AuthenticatedRequest, reply_id: UUID) -> JsonResponse:
    """Note what a person thinks of an answer of theirs; without a rating it is taken back."""
    reply = rate_reply(request.user, reply_id, **RatingForm(request.POST).read())
    return JsonResponse({"reply": reply.pk, "rating": reply.rating, "reason": reply.rating_reason})


@require_POST
@private
def acknowledge(request: AuthenticatedRequest, warning_id: UUID) -> HttpResponse:
    """Take note of a warning; without scripts, the page comes again."""
    acknowledge_warning(request.user, warning_id)
    if request.get_preferred_type(["text/html", "application/json"]) == "application/json":
        return JsonResponse({"warning": warning_id})
    return redirect("conversations:home")


@require_GET
@private
def models(request: AuthenticatedRequest) -> JsonResponse:
    return JsonResponse(describe_models(request.user))


def _changed(conversation: Conversation) -> JsonResponse:
    return JsonResponse({"conversation": conversation.pk, "title": conversation.title})


def _read_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFound(_("This message is not there.")) from error


def _find_place(request: AuthenticatedRequest, conversation: Conversation) -> UUID | None:
    """Find the message that the address only describes: the first one, or the first one of a day."""
    if request.GET.get("at") == "first":
        return first_message(conversation)
    if not request.GET.get("day"):
        return None
    zone = browser_zone(request.COOKIES.get(ZONE_COOKIE, ""))
    try:
        day = datetime.combine(date.fromisoformat(request.GET["day"]), time.min, zone).astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadRequest(_("This is no day. Write it as 2026-01-31, please.")) from None
    return first_message_since(conversation, day)


def _page(
    request: AuthenticatedRequest, conversation: Conversation | None, window: Window, *, turned_to: str = ""
) -> HttpResponse:
    listed = list_sidebar(request.user)
    zone = browser_zone(request.COOKIES.get(ZONE_COOKIE, ""))
    newest = max(listed.conversations, key=lambda one: one.updated_at, default=None)
    folder = None if conversation else _asked_folder(request)
    chosen = (folder.model if folder else "") or getattr(conversation or newest, "model", "")
    is_temporary = conversation.is_temporary if conversation else "temporary" in request.GET
    branch = window.branch
    answered = next((shown.message.model for shown in reversed(branch) if shown.message.model), "")
    choice = choose_model(request.user, chosen, answered)  # a preset may be gone: then its model goes on
    model = choice.id if choice else ""
    context = {
        "conversation": conversation,
        "current_id": conversation and conversation.pk,
        "turned_to": turned_to,
        "title": (conversation and conversation.title)
        or (_("Temporary conversation") if is_temporary else _("New conversation")),
        "is_temporary": is_temporary,
        "branch": branch,
        "window": window,
        "queue": list_waiting(conversation.pk) if conversation else (),
        "groups": group_by_date(listed.conversations, zone),
        "more": listed.after,
        "tags": list_tags(request.user),
        "folders": list_folders(request.user),
        "folder": folder,
        "model": model,
        "model_label": name_choice(choice),
        "catalogue": describe_models(request.user),
        "is_demonstration": is_demonstration(),
        "suggestions": SUGGESTIONS,
        "report_reasons": REPORT_REASONS,
        "ratings": list(Rating),
        "warnings": list_open_warnings(request.user),
        "config": _config(request, conversation, model),
    }
    return render(request, "conversations/page.html", context)


def _asked_folder(request: AuthenticatedRequest) -> Folder | None:
    """Find the folder in which a new conversation is to begin."""
    return get_folder(request.user, request.GET["folder"]) if request.GET.get("folder") else None


def _config(request: AuthenticatedRequest, conversation: Conversation | None, model: str) -> dict[str, Any]:
    """Tell the scripts what they cannot read from the page."""
    return {
        "socket": SOCKET_PATH,
        "build": settings.BUILD,
        "user": request.user.pk,
        "conversation": conversation and conversation.pk,
        "model": model,
        "csrf": get_token(request),
    }
