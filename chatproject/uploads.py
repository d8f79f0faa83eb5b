"""Pages that take a larger body than others, and from whom: asked before anything of it is read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from django.conf import settings
from django.http import parse_cookie

from accounts.sessions import session_user
from accounts.tokens import find_bearer
from chatproject.database import in_database
from chatproject.requests import FOR_PROGRAMS

if TYPE_CHECKING:
    from asgiref.typing import HTTPScope

    from accounts.models import User

LARGER_BODIES = {
    "/admin/moderation/sensitiveword/import/": (
        16 << 20,
        ("moderation.add_sensitiveword", "moderation.change_sensitiveword"),
    ),
    "/files/": (settings.LARGEST_UPLOAD, ()),
    "/api/files": (settings.LARGEST_UPLOAD, ()),
    "/v1/chat/completions": (settings.LARGEST_UPLOAD, ()),  # pictures come within the text
    "/v1/messages": (settings.LARGEST_UPLOAD, ()),
    "/v1/messages/count_tokens": (settings.LARGEST_UPLOAD, ()),
    "/settings/data/imports/": (settings.LARGEST_IMPORT, ()),
}
"""For each address the bytes that it takes, and the permissions of who may send so many; none: whoever is signed in,
and below what programs ask, also who has a token."""


_OF_FOLDER = re.compile(r"/files/folders/[0-9a-f-]{36}/|/api/folders/[0-9a-f-]{36}/files")
"""A document that a folder is to carry is a file like any other."""


async def largest_body(scope: HTTPScope, ordinary: int) -> int:
    """Tell how many bytes a request may have from who sends it; ``ordinary`` is what anybody may send."""
    path = "/files/" if _OF_FOLDER.fullmatch(scope["path"]) else scope["path"]
    larger = LARGER_BODIES.get(path) if scope["method"] == "POST" else None
    if larger is None:
        return ordinary
    most, permissions = larger
    return most if await in_database(_has_permissions, scope, permissions) else ordinary


def _has_permissions(scope: HTTPScope, permissions: tuple[str, ...]) -> bool:
    user = _bearer(scope) or session_user(_session_key(scope))
    return user is not None and (not permissions or (user.is_staff and user.has_perms(permissions)))


def _bearer(scope: HTTPScope) -> User | None:
    """Give whose token a request of a program carries; its scopes are looked at where it is answered."""
    if not scope["path"].startswith(FOR_PROGRAMS):
        return None
    sent = {name: value.decode("latin-1") for name, value in scope["headers"]}
    scheme, _space, secret = sent.get(b"authorization", "").partition(" ")
    found = find_bearer(secret.strip() if scheme.lower() == "bearer" else sent.get(b"x-api-key", ""))
    return found.user if found else None


def _session_key(scope: HTTPScope) -> str:
    cookies = b"; ".join(value for name, value in scope["headers"] if name == b"cookie")
    return parse_cookie(cookies.decode("latin-1")).get(settings.SESSION_COOKIE_NAME, "")
