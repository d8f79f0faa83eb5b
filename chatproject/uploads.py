"""Pages that take a larger body than others, and from whom: asked before anything of it is read.

A body that brings conversations may fill a good part of a disk on its way in, so each person sends one at a time to a
process, and it counts before it comes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from django.conf import settings
from django.http import parse_cookie
from django.utils import translation
from django.utils.translation import gettext as _

from accounts import limits
from accounts.languages import language_of_socket
from accounts.sessions import session_user
from accounts.tokens import find_bearer
from chatproject.database import in_database
from chatproject.errors import Conflict
from chatproject.limits import TOO_LARGE, BodyTooLarge, find_admitted, note_admitted
from chatproject.requests import FOR_PROGRAMS

if TYPE_CHECKING:
    from uuid import UUID

    from asgiref.typing import HTTPScope

    from accounts.models import User

IMPORTS = "/settings/data/imports/"
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
    IMPORTS: (settings.LARGEST_IMPORT, ()),
}
"""For each address the bytes that it takes, and the permissions of who may send so many; none: whoever is signed in,
and below what programs ask, also who has a token."""


_OF_FOLDER = re.compile(r"/files/folders/[0-9a-f-]{36}/|/api/folders/[0-9a-f-]{36}/files")
"""A document that a folder is to carry is a file like any other."""


@dataclass(frozen=True, slots=True, eq=False)
class Admitted:
    """A body that may come, of up to ``most`` bytes; ``sender`` is whose only import it is."""

    most: int
    sender: UUID | None = None

    def end(self) -> None:
        """Say that nothing of it is on its way any more; twice is as good as once."""
        if self.sender and _sent_now.get(self.sender) is self:
            del _sent_now[self.sender]


_sent_now: dict[UUID, Admitted] = {}


async def admit(scope: HTTPScope, length: int, ordinary: int) -> Admitted:
    """Let a body of ``length`` bytes come that is longer than what anybody may send, until its ``end``.

    One that was let come already stays so. Raises BodyTooLarge; for imports also Conflict, while another one of the
    same person comes, and TooManyRequests.
    """
    if before := find_admitted(scope):
        return cast("Admitted", before)
    path = "/files/" if _OF_FOLDER.fullmatch(scope["path"]) else scope["path"]
    most, permissions = LARGER_BODIES.get(path, (ordinary, ())) if scope["method"] == "POST" else (ordinary, ())
    user = await in_database(_find_sender, scope, permissions) if ordinary < length <= most else None
    if user is None:
        raise BodyTooLarge(TOO_LARGE)
    admitted = Admitted(most, user.pk if path == IMPORTS else None)
    if admitted.sender:
        with translation.override(language_of_socket(cast("dict[str, object]", scope), user)):
            await _begin_import(admitted, user)
    note_admitted(scope, admitted)
    return admitted


async def _begin_import(admitted: Admitted, user: User) -> None:
    if user.pk in _sent_now:
        raise Conflict(_("You are sending a file already. Please wait until it has arrived."))
    _sent_now[user.pk] = admitted  # before the first wait, so that bodies which come together see each other
    try:
        await in_database(limits.require, limits.IMPORTS, user.pk, settings.RATE_LIMIT_IMPORTS)
    except BaseException:
        admitted.end()
        raise


def _find_sender(scope: HTTPScope, permissions: tuple[str, ...]) -> User | None:
    user = _bearer(scope) or session_user(_session_key(scope))
    is_allowed = user is not None and (not permissions or (user.is_staff and user.has_perms(permissions)))
    return user if is_allowed else None


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
