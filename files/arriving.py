"""Files as requests bring them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.translation import gettext as _

from accounts import limits
from chatproject.errors import BadRequest

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile
    from django.http import HttpRequest

    from accounts.models import User


def one_file(request: HttpRequest) -> UploadedFile[Any]:
    """Give the one file of a form, ``file``; raises BadRequest for more, and for others."""
    files = [one for name in request.FILES for one in request.FILES.getlist(name)]
    if len(files) != 1 or "file" not in request.FILES:
        raise BadRequest(_("One file at a time, please."))
    return files[0]


def count_upload(user: User) -> None:
    """Count a request that brings a file, as ``chatproject.middleware.Uploads`` does for pages.

    Raises TooManyRequests, Unavailable.
    """
    limits.require(limits.UPLOADS, user.pk, settings.RATE_LIMIT_UPLOADS)
