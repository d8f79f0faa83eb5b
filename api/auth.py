"""Who calls, and what they may: a token in ``Authorization: Bearer``, or the session of a browser with its CSRF token.

A token is taken from this one header, never from an address. A request that has the header is judged by it alone,
whatever cookies come along.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja.security.base import AuthBase
from ninja.utils import check_csrf

from accounts.models import User
from accounts.tokens import Scope, find_bearer
from chatproject.errors import DomainError, Forbidden

if TYPE_CHECKING:
    from uuid import UUID

HEADER = "Authorization"
SCHEME = "bearer"


class Unauthorized(DomainError):
    code = "unauthorized"
    http_status = 401


class CsrfFailed(Forbidden):
    code = "csrf_failed"


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever is allowed in; ``token_id`` is None for who came with a session."""

    user: User
    scopes: frozenset[Scope]
    token_id: UUID | None = None


class ApiRequest(HttpRequest):
    """A request as operations get it, after the guards."""

    auth: Caller


class ByToken(AuthBase):
    """Lets in who has a token with one of the scopes; raises Unauthorized or Forbidden."""

    openapi_type: ClassVar[str] = "http"
    openapi_scheme: ClassVar[str] = SCHEME

    def __init__(self, *scopes: Scope) -> None:
        super().__init__()
        self.scopes = scopes

    def __call__(self, request: HttpRequest) -> Caller | None:
        given = request.headers.get(HEADER)
        if given is None:
            return None
        scheme, _space, secret = given.partition(" ")
        bearer = find_bearer(secret.strip()) if scheme.lower() == SCHEME else None
        if bearer is None:
            raise Unauthorized(_("This token is not valid. It may have been revoked, or have expired."))
        bearer.require(*self.scopes)
        return Caller(bearer.user, bearer.scopes, bearer.token_id)


class BySession(AuthBase):
    """Lets in who is signed in, as a page would; what changes something needs the CSRF token as a header."""

    openapi_type: ClassVar[str] = "apiKey"
    openapi_in: ClassVar[str] = "cookie"
    openapi_name: ClassVar[str] = "session"

    def __init__(self, *scopes: Scope) -> None:
        super().__init__()
        self.scopes = scopes

    def __call__(self, request: HttpRequest) -> Caller | None:
        if HEADER in request.headers or not isinstance(user := request.user, User):
            raise Unauthorized(_("Send a token, as “Authorization: Bearer …”. You make one in your settings."))
        if check_csrf(request) is not None:
            raise CsrfFailed(_("The page was open for a long time, or cookies are blocked. Reload it and try again."))
        scopes = frozenset({Scope.READ, Scope.CHAT, *([Scope.ADMIN] if user.is_operator else [])})
        if scopes.isdisjoint(self.scopes):
            raise Forbidden(_("You are signed in, but this is not open to you."))
        return Caller(user, scopes)


def guard(*scopes: Scope) -> list[AuthBase]:
    """Give what ninja takes as ``auth``, of a router or an operation: one of these scopes is enough."""
    return [ByToken(*scopes), BySession(*scopes)]


READING = guard(Scope.READ)
"""What shows something."""
CHATTING = guard(Scope.CHAT)
"""What asks a model, or changes something."""
READING_OR_CHATTING = guard(Scope.READ, Scope.CHAT)
"""What shows something that who asks a model has to see."""
ADMINISTERING = guard(Scope.ADMIN)
"""What is for operators; each operation looks at the permissions, too."""
