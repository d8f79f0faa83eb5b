"""The pages: making a link, what it shows, and the list of one's own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from chatproject.errors import BadRequest, Conflict, DomainError
from conversations.selectors import get_conversation
from conversations.views import private
from files.attaching import describe_upload
from files.giving import give_file, give_thumbnail
from files.selectors import list_carried
from sharing.forms import ContinueForm, ShareForm
from sharing.selectors import (
    address_of,
    begins_in_the_middle,
    find_link,
    get_link,
    get_shared_file,
    list_links,
    list_shared,
    list_shared_files,
)
from sharing.services import continue_from, revoke_link, share_branch

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from conversations.parts import AttachedFile
    from conversations.views import AuthenticatedRequest
    from files.models import Upload
    from sharing.models import Link, SharedMessage

ROBOTS = "noindex, nofollow, noarchive"


@require_http_methods(["GET", "POST"])
@private
def share(request: AuthenticatedRequest, conversation_id: UUID) -> HttpResponse:
    """Make a link to the branch on show. It is on the answer to the form and never again."""
    conversation = get_conversation(request.user, conversation_id)
    if conversation.is_temporary:
        raise Conflict(_("A temporary conversation leaves nothing behind, so it cannot be shared."))
    form = ShareForm(request.POST if request.method == "POST" else None, has_files=bool(list_carried(conversation)))
    links_of_it = list_links(request.user).filter(conversation=conversation)
    context = {"conversation": conversation, "form": form, "links": links_of_it}
    if request.method == "GET" or not form.is_valid():
        return render(request, "sharing/share.html", context)
    try:
        link, token = share_branch(conversation, expires_in=form.expires_in, with_files=form.is_with_files)
    except DomainError as error:
        form.add_error(None, error.message)
        return render(request, "sharing/share.html", context, status=error.http_status)
    context = {"conversation": conversation, "link": link, "address": address_of(token)}
    return render(request, "sharing/made.html", context)


@require_GET
def shared(request: HttpRequest, token: str) -> HttpResponse:
    """Show what a link shows, to anybody who has it, and to no search engine."""
    link = find_link(token)
    context = {
        "link": link,
        "token": token,
        "shared": _with_files(link, token),
        "is_cut": begins_in_the_middle(link),
        "client_id": uuid4().hex,
    }
    return _unlisted(render(request, "sharing/shared.html", context))


@require_GET
def file(request: HttpRequest, token: str, file_id: UUID) -> HttpResponse:  # noqa: ARG001 - anybody may ask
    return _unlisted(give_file(get_shared_file(find_link(token), file_id)))


@require_GET
def thumbnail(request: HttpRequest, token: str, file_id: UUID) -> HttpResponse:  # noqa: ARG001 - likewise
    return _unlisted(give_thumbnail(get_shared_file(find_link(token), file_id)))


@require_POST
@private
def go_on(request: AuthenticatedRequest, token: str) -> HttpResponse:
    """Take what a link shows as the beginning of a conversation of one's own."""
    link = find_link(token)
    form = ContinueForm(request.POST)
    if not form.is_valid():
        raise BadRequest(_("The form was not complete. Please open the link again."))
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


def _unlisted(response: HttpResponse) -> HttpResponse:
    response["X-Robots-Tag"] = ROBOTS
    return response


def _with_files(link: Link, token: str) -> list[SharedMessage]:
    """List what a link shows; each message has ``attached``, with addresses that hold for as long as the link does."""
    shared, files = list_shared(link), list_shared_files(link)
    for one in shared:
        one.attached = [_describe(upload, token) for upload in files.get(one.pk, ())]  # type: ignore[attr-defined]  # for the template
    return shared


def _describe(upload: Upload, token: str) -> AttachedFile:
    told = describe_upload(upload)
    return replace(
        told,
        note="",
        url=reverse("sharing:file", args=[token, upload.pk]),
        thumbnail=told.thumbnail and reverse("sharing:thumbnail", args=[token, upload.pk]),
    )
