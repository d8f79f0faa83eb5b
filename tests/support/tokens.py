"""Tokens of the API for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from accounts.models import User
from accounts.tokens import Scope, create_token

if TYPE_CHECKING:
    from tests.support.people import Person


def make_token(user: User | Person, *scopes: Scope, **fields: Any) -> str:
    """Make a token in the default database of the moment, to read and chat unless said otherwise; give its secret."""
    owner = user if isinstance(user, User) else User.objects.get(pk=user.user_id)
    return create_token(owner, name="test", scopes=scopes or (Scope.READ, Scope.CHAT), **fields)[1]


def bearer(secret: str) -> dict[str, str]:
    """Give the header that carries a token."""
    return {"Authorization": f"Bearer {secret}"}
