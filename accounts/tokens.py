"""Tokens of the API: who somebody is, and what they may do, without a browser.

A token is shown once, when it is made. What is kept is a hash to find it by and its beginning to recognise it by.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import ApiToken, Scope, User
from accounts.sessions import close_after_commit
from accounts.shown_once import hash_token, make_token
from audit.services import record
from chatproject.errors import BadRequest, Conflict, Forbidden, NotFound

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from django.db.models import QuerySet

    from audit.services import Actor

__all__ = [
    "MOST_TOKENS",
    "PREFIX",
    "Bearer",
    "Scope",
    "create_token",
    "find_bearer",
    "list_tokens",
    "revoke_all",
    "revoke_token",
]

PREFIX = "sk-chat-"
LENGTH = len(PREFIX) + 43
SHOWN = 12
MOST_TOKENS = 25
USE_NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whoever came with a token; ``scopes`` are those that hold at this moment."""

    user: User
    scopes: frozenset[Scope]
    token_id: UUID

    def require(self, *scopes: Scope) -> None:
        """Raise Forbidden unless the token has one of these scopes."""
        if self.scopes.isdisjoint(scopes):
            wanted = " / ".join(f"“{scope.value}”" for scope in scopes)
            raise Forbidden(_("This token may not do that: it lacks the scope %(scope)s.") % {"scope": wanted})


def find_bearer(secret: str) -> Bearer | None:
    """Give whose token this is; None for made-up, expired and revoked ones, and for people who are suspended.

    One statement, and a second one at most once a minute, which notes the use. For the database threads.
    """
    if len(secret) != LENGTH or not secret.startswith(PREFIX) or not secret.isascii():
        return None
    now = timezone.now()
    found = _holding(now).filter(token_hash=hash_token(secret), user__is_active=True).select_related("user").order_by()
    token = next(iter(found), None)  # there is one at most, and an order would cost as much as finding it
    if token is None:
        return None
    _note_use(token, now)
    return Bearer(token.user, _effective(token), token.pk)


def create_token(
    user: User, *, name: str, scopes: Collection[Scope], expires_at: datetime | None = None, actor: Actor = None
) -> tuple[ApiToken, str]:
    """Make a token; its secret is in the answer and nowhere else. The log says that ``actor`` made it, or ``user``.

    Raises BadRequest without scopes, Forbidden for the scope of operators where ``user`` is none, and Conflict where
    there are too many tokens already. Those that have expired make room.
    """
    if not scopes:
        raise BadRequest(_("Choose what the token may do."))
    if Scope.ADMIN in scopes and not user.is_operator:
        raise Forbidden(_("Only operators can have a token for the administration."))
    secret = PREFIX + make_token()
    with transaction.atomic():
        # One after the other, so that many at once do not pass the limit.
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        ApiToken.objects.filter(user=user, expires_at__lte=timezone.now()).delete()
        if ApiToken.objects.filter(user=user).count() >= MOST_TOKENS:
            raise Conflict(_("You have %(count)s tokens already. Revoke one first.") % {"count": MOST_TOKENS})
        token = ApiToken.objects.create(
            user=user,
            name=name,
            token_hash=hash_token(secret),
            prefix=secret[:SHOWN],
            scopes=" ".join(scope.value for scope in Scope if scope in scopes),
            expires_at=expires_at,
        )
        record(actor or user, "create token", token, changes={"person": user.email, "scopes": token.scopes})
    return token, secret


def list_tokens(user: User) -> QuerySet[ApiToken]:
    """List somebody's tokens, the newest first; also those that have expired, until there is a newer one."""
    return ApiToken.objects.filter(user=user)


def revoke_token(user: User, token_id: UUID) -> None:
    """End one of somebody's own tokens at once; raises NotFound."""
    if not _revoke(user, ApiToken.objects.filter(user=user, pk=token_id)):
        raise NotFound(_("There is no such token. It may have been revoked already."))


def revoke_all(user: User) -> int:
    """End all of somebody's tokens at once; give how many there were."""
    return _revoke(user, ApiToken.objects.filter(user=user))


def _revoke(user: User, chosen: QuerySet[ApiToken]) -> int:
    with transaction.atomic():
        tokens = list(chosen.select_for_update())
        for token in tokens:
            record(user, "revoke token", token, changes={"person": user.email, "scopes": token.scopes})
        ApiToken.objects.filter(pk__in=[token.pk for token in tokens]).delete()
        close_after_commit(user.pk)  # streams that a token opened look again whether it holds
    return len(tokens)


def _holding(now: datetime) -> QuerySet[ApiToken]:
    return ApiToken.objects.filter(Q(expires_at=None) | Q(expires_at__gt=now))


def _effective(token: ApiToken) -> frozenset[Scope]:
    """Leave out what became of an operator's scope when they stopped to be one."""
    scopes = frozenset(map(Scope, token.scopes.split()))
    return scopes if token.user.is_operator else scopes - {Scope.ADMIN}


def _note_use(token: ApiToken, now: datetime) -> None:
    due = now - USE_NOTED_EVERY
    if token.last_used_at is None or token.last_used_at < due:
        not_noted = Q(last_used_at=None) | Q(last_used_at__lt=due)
        ApiToken.objects.filter(not_noted, pk=token.pk).update(last_used_at=now)
