"""Taking files and giving them back. Nothing that is given back runs, wherever it is opened."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from chatproject.errors import BadRequest, NotFound
from conversations.views import AuthenticatedRequest, private
from files import storing
from files.attaching import describe_upload
from files.kinds import THUMBNAIL
from files.models import Kind
from files.parsing.limits import MEGABYTE
from files.selectors import count_files, get_upload, list_uploads
from files.services import delete_file, discard_upload, take_file

if TYPE_CHECKING:
    from uuid import UUID

    from files.models import Upload
    from files.storing import Part

SANDBOX = "default-src 'none'; sandbox; frame-ancestors 'none'"


@require_POST
@private
def upload(request: AuthenticatedRequest) -> JsonResponse:
    """Take one file, ``file`` of a form; answers with what a page shows of it."""
    files = [one for name in request.FILES for one in request.FILES.getlist(name)]
    if len(files) != 1 or "file" not in request.FILES:
        raise BadRequest("One file at a time, please.")
    taken = describe_upload(take_file(request.user, files[0]))
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
    return _give(found, "", found.media_type, found.name)


@require_GET
@private
def thumbnail(request: AuthenticatedRequest, file_id: UUID) -> HttpResponse:
    found = get_upload(request.user, file_id)
    if found.kind != Kind.PICTURE:
        raise NotFound("This file is not there.")
    return _give(found, ".small", THUMBNAIL, found.name)


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


def _give(upload: Upload, part: Part, media_type: str, name: str) -> HttpResponse:
    try:
        with storing.open_part(upload, part) as stored:
            response = HttpResponse(stored.read(), content_type=media_type)
    except FileNotFoundError:
        raise NotFound("This file is not there.") from None
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name) or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = SANDBOX
    return response
