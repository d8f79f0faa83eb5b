"""People with a session, made without a form."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.sessions.backends.db import SessionStore

if TYPE_CHECKING:
    from uuid import UUID

PASSWORD = "a quiet river under stars"


@dataclass(frozen=True)
class Person:
    """Somebody who has an account; ``cookie`` is the header that carries the session."""

    user_id: UUID
    email: str
    password: str
    session_key: str

    @property
    def cookie(self) -> str:
        return f"session={self.session_key}"


def make_person(name: str, **fields: Any) -> Person:
    """Make a user with a confirmed email and a session, in the default database of the moment."""
    user = get_user_model()(email=f"{name}-{secrets.token_hex(4)}@example.org", **fields)
    # One round: the server takes it and nobody waits for it.
    user.password = PBKDF2PasswordHasher().encode(PASSWORD, secrets.token_hex(8), iterations=1)
    user.save()
    user.confirm_email()
    return Person(user.pk, user.email, PASSWORD, make_session(user))


def make_session(user: Any) -> str:
    """Sign a user in; return the key of the session."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return str(session.session_key)
