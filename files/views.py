"""Taking files and giving them back. Nothing that is given back runs, wherever it is opened."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from chatproject.errors import DomainError
from conversations.library import get_folder
from conversations.views import AuthenticatedRequest, private
from files import folders
from files.arriving import one_file
from files.attaching import describe_upload
from files.giving import give_file, give_thumbnail
from files.parsing.limits import MEGABYTE
from files.selectors import count_files, get_upload, list_uploads
from files.services import delete_file, discard_upload, take_file

if TYPE_CHECKING:
    from uuid import UUID


@require_POST
@private
def upload(request: AuthenticatedRequest) -> JsonResponse:
    """Take one file, ``file`` of a form; answers with what a page shows of it."""
    taken = describe_upload(take_file(request.user, one_file(request)))
    return JsonResponse(asdict(taken), status=201)


@require_POST
@private
def discard(request: AuthenticatedRequest, file_id: UUID) -> JsonResponse:
    discard_upload(request.user, file_id)
    return JsonResponse({"file": file_id})


@require_GET
@private
def file(request: AuthenticatedRequest, file_id: UUID) -> HttpResponse:
    found = get_upload(request.user, file_id)
    return give_file(found)


@require_GET
@private
def thumbnail(request: AuthenticatedRequest, file_id: UUID) -> HttpResponse:
    found = get_upload(request.user, file_id)
    return give_thumbnail(found)


@require_GET
@private
def own(request: AuthenticatedRequest) -> HttpResponse:
    """List a person's files, and how much room they take."""
    count, kept = count_files(request.user.pk)
    room = settings.FILES_MB_PER_PERSON * MEGABYTE
    context = {"section": "files", "files": list_uploads(request.user), "count": count, "kept": kept, "room": room}
    return render(request, "files/own.html", context)


@require_POST
@private
def delete(request: AuthenticatedRequest, file_id: UUID) -> HttpResponse:
    delete_file(request.user, file_id)
    messages.success(request, _("The file is deleted."))
    return redirect("files:own")


@require_POST
@private
def add_to_folder(request: AuthenticatedRequest, folder_id: UUID) -> HttpResponse:
    """Take a document into a folder; what is refused is said on the folder's page."""
    folder = get_folder(request.user, folder_id)
    try:
        upload = folders.add_to_folder(request.user, folder.pk, one_file(request))
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("%(name)s was added.") % {"name": upload.name})
    return redirect(f"{reverse('conversations:folder', args=[folder.pk])}#files")


@require_POST
@private
def remove_from_folder(request: AuthenticatedRequest, folder_id: UUID, file_id: UUID) -> HttpResponse:
    folders.remove_from_folder(request.user, folder_id, file_id)
    messages.success(request, _("The file was taken away."))
    return redirect(f"{reverse('conversations:folder', args=[folder_id])}#files")
