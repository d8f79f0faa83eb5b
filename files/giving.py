"""Giving files back, to whoever was let through: nothing of it runs, wherever it is opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from chatproject.errors import NotFound
from files import storing
from files.kinds import THUMBNAIL
from files.models import Kind

if TYPE_CHECKING:
    from files.models import Upload
    from files.storing import Part

SANDBOX = "default-src 'none'; sandbox; frame-ancestors 'none'"


def give_file(upload: Upload) -> HttpResponse:
    """Answer with a file, to be saved; raises NotFound where it is gone."""
    return _give(upload, "", upload.media_type)


def give_thumbnail(upload: Upload) -> HttpResponse:
    """Answer with a picture made small; raises NotFound, also for a document."""
    if upload.kind != Kind.PICTURE:
        raise NotFound(_("This file is not there."))
    return _give(upload, ".small", THUMBNAIL)


def _give(upload: Upload, part: Part, media_type: str) -> HttpResponse:
    try:
        with storing.open_part(upload, part) as stored:
            response = HttpResponse(stored.read(), content_type=media_type)
    except FileNotFoundError:
        raise NotFound(_("This file is not there.")) from None
    disposition = content_disposition_header(as_attachment=True, filename=upload.name)
    response["Content-Disposition"] = disposition or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = SANDBOX
    return response
