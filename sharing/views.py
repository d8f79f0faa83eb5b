"""The pages: making a link, what it shows, and the list of one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from django.conf import settings
from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from chatproject.errors import BadRequest, DomainError
from conversations.selectors import get_conversation
from conversations.views import private
from sharing.forms import ContinueForm, ShareForm
from sharing.selectors import begins_in_the_middle, find_link, get_link, list_links, list_shared
from sharing.services import continue_from, revoke_link, share_branch

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from conversations.views import AuthenticatedRequest

ROBOTS = "noindex, nofollow, noarchive"


@require_http_methods(["GET", "POST"])
@private
def share(request: AuthenticatedRequest, conversation_id: UUID) -> HttpResponse:
    """Make a link to the branch on show. It is on the answer to the form and never again."""
    conversation = get_conversation(request.user, conversation_id)
    form = ShareForm(request.POST if request.method == "POST" else None)
    links_of_it = list_links(request.user).filter(conversation=conversation)
    context = {"conversation": conversation, "form": form, "links": links_of_it}
    if request.method == "GET" or not form.is_valid():
        return render(request, "sharing/share.html", context)
    try:
        link, token = share_branch(conversation, expires_in=form.expires_in)
    except DomainError as error:
        form.add_error(None, error.message)
        return render(request, "sharing/share.html", context, status=error.http_status)
    address = settings.PUBLIC_URL + reverse("sharing:shared", args=[token])
    return render(request, "sharing/made.html", {"conversation": conversation, "link": link, "address": address})


@require_GET
def shared(request: HttpRequest, token: str) -> HttpResponse:
    """Show what a link shows, to anybody who has it, and to no search engine."""
    link = find_link(token)
    context = {
        "link": link,
        "token": token,
        "shared": list_shared(link),
        "is_cut": begins_in_the_middle(link),
        "client_id": uuid4().hex,
    }
    response = render(request, "sharing/shared.html", context)
    response["X-Robots-Tag"] = ROBOTS
    return response


@require_POST
@private
def go_on(request: AuthenticatedRequest, token: str) -> HttpResponse:
    """Take what a link shows as the beginning of a conversation of one's own."""
    link = find_link(token)
    form = ContinueForm(request.POST)
    if not form.is_valid():
        raise BadRequest("The form was not complete. Please open the link again.")
    conversation = continue_from(link, user=request.user, client_id=form.cleaned_data["client_id"])
    return redirect("conversations:detail", conversation.pk)


@require_GET
@private
def links(request: AuthenticatedRequest) -> HttpResponse:
    context = {"section": "links", "links": list_links(request.user)}
    return render(request, "sharing/links.html", context)


@require_POST
@private
def revoke(request: AuthenticatedRequest, link_id: UUID) -> HttpResponse:
    revoke_link(get_link(request.user, link_id))
    messages.success(request, _("The link no longer works."))
    return redirect("sharing:links")
