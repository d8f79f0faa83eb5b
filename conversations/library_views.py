"""The pages that keep conversations in order: all of them by shelf, folder and tag, and the folders themselves."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.contrib import messages
from django.http import JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from conversations.attachments import keeper
from conversations.filing import arrange, delete_folder
from conversations.library import Place, get_folder, get_tag, list_folders, list_page, list_sidebar, list_tags
from conversations.library_forms import FolderForm, read_wish
from conversations.sidebar import browser_zone, group_by_date
from conversations.views import ZONE_COOKIE, private

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponse, QueryDict

    from conversations.models import Folder
    from conversations.views import AuthenticatedRequest

BACK = ngettext_lazy(
    "%(count)s conversation is back in the list.", "%(count)s conversations are back in the list.", "count"
)
DONE = {
    "pin": ngettext_lazy("%(count)s conversation is pinned.", "%(count)s conversations are pinned.", "count"),
    "unpin": ngettext_lazy(
        "%(count)s conversation is no longer pinned.", "%(count)s conversations are no longer pinned.", "count"
    ),
    "archive": ngettext_lazy("%(count)s conversation is archived.", "%(count)s conversations are archived.", "count"),
    "unarchive": BACK,
    "delete": ngettext_lazy(
        "%(count)s conversation is deleted. You find it under Deleted for an hour.",
        "%(count)s conversations are deleted. You find them under Deleted for an hour.",
        "count",
    ),
    "restore": BACK,
    "move": ngettext_lazy("%(count)s conversation is moved.", "%(count)s conversations are moved.", "count"),
    "tag": ngettext_lazy("%(count)s conversation is tagged.", "%(count)s conversations are tagged.", "count"),
    "untag": ngettext_lazy(
        "%(count)s conversation is without this tag.", "%(count)s conversations are without this tag.", "count"
    ),
}


@require_GET
@private
def library(request: AuthenticatedRequest) -> HttpResponse:
    """List conversations; ``shelf``, ``folder``, ``tag`` and ``after`` in the address say which."""
    asked = {name: request.GET[name] for name in ("shelf", "folder", "tag") if request.GET.get(name)}
    place = _place(request, asked)
    page = list_page(request.user, place, after=request.GET.get("after", ""))
    context = {
        "section": "library",
        "place": place,
        "page": page,
        "folders": list_folders(request.user),
        "tags": list_tags(request.user),
        "here": urlencode(asked),
        "next": urlencode({**asked, "after": page.after}) if page.after else "",
    }
    return render(request, "conversations/library/library.html", context)


@require_GET
@private
def more(request: AuthenticatedRequest) -> HttpResponse:
    """Give the next rows of the sidebar, as a piece of a page."""
    page = list_sidebar(request.user, after=request.GET.get("after", ""))
    zone = browser_zone(request.COOKIES.get(ZONE_COOKIE, ""))
    context = {"groups": group_by_date(page.conversations, zone), "more": page.after}
    return render(request, "conversations/_groups.html", context)


@require_POST
@private
def arrange_many(request: AuthenticatedRequest) -> HttpResponse:
    """Do one thing to one conversation or to many."""
    ids, wish = read_wish(request.POST)
    found = arrange(request.user, ids, wish)
    if request.get_preferred_type(["text/html", "application/json"]) == "application/json":
        return JsonResponse({"conversations": [conversation.pk for conversation in found]})
    messages.success(request, DONE[wish.action] % {"count": len(found)})
    return redirect(f"{reverse('conversations:library')}?{_asked(request.POST)}")


@require_http_methods(["GET", "POST"])
@private
def new_folder(request: AuthenticatedRequest) -> HttpResponse:
    return _edit(request, None)


@require_http_methods(["GET", "POST"])
@private
def folder(request: AuthenticatedRequest, folder_id: UUID) -> HttpResponse:
    return _edit(request, get_folder(request.user, folder_id))


@require_http_methods(["GET", "POST"])
@private
def remove_folder(request: AuthenticatedRequest, folder_id: UUID) -> HttpResponse:
    found = get_folder(request.user, folder_id)
    if request.method == "GET":
        return render(request, "conversations/library/delete_folder.html", {"section": "library", "folder": found})
    delete_folder(found)
    messages.success(request, _("The folder %(name)s is deleted. Its conversations are kept.") % {"name": found.name})
    return redirect("conversations:library")


def _edit(request: AuthenticatedRequest, found: Folder | None) -> HttpResponse:
    form = FolderForm(request.POST or None, instance=found, user=request.user)
    if request.method == "POST" and form.try_to_save():
        messages.success(request, _("The folder %(name)s is saved.") % {"name": form.instance.name})
        return redirect(f"{reverse('conversations:library')}?{urlencode({'folder': form.instance.pk})}")
    carried = keeper().describe_folder(found.pk) if found else ()
    context = {"section": "library", "form": form, "folder": found, "carried": carried}
    response = render(request, "conversations/library/folder.html", context)
    if form.retry_after:
        response.status_code = HTTPStatus.TOO_MANY_REQUESTS
        response["Retry-After"] = str(form.retry_after)
    return response


def _place(request: AuthenticatedRequest, asked: dict[str, str]) -> Place:
    folder = get_folder(request.user, asked["folder"]) if "folder" in asked else None
    tag = get_tag(request.user, asked["tag"]) if "tag" in asked else None
    return Place(asked.get("shelf", ""), folder, tag)


def _asked(data: QueryDict) -> str:
    """Give the address of the list that a form came from; nothing else comes back out of a form."""
    wanted = {"shelf": "from_shelf", "folder": "from_folder", "tag": "from_tag"}
    return urlencode({name: data[field] for name, field in wanted.items() if data.get(field)})
