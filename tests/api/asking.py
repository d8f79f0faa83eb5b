"""Asking the API as somebody does who has a token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.test import Client

from tests.support.tokens import bearer, make_token

if TYPE_CHECKING:
    from accounts.models import User
    from accounts.tokens import Scope


class Api:
    """One person's way in; answers are those of Django's test client."""

    def __init__(self, user: User, *scopes: Scope) -> None:
        self._client = Client(headers=bearer(make_token(user, *scopes)))

    def get(self, path: str, **query: Any) -> Any:
        return self._client.get(f"/api{path}", query)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Send JSON; ``headers`` such as ``If_Match``."""
        sent = {"data": body, "content_type": "application/json"} if body is not None else {}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return getattr(self._client, method)(f"/api{path}", **sent, headers=named)

    def upload(self, path: str, **fields: Any) -> Any:
        return self._client.post(f"/api{path}", fields)
