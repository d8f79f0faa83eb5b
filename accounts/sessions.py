"""Whether a session still lets somebody in, asked outside a request."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, load_backend
from django.db import transaction
from django.utils.crypto import constant_time_compare

from conversations.broadcast import close_sockets_soon

if TYPE_CHECKING:
    from uuid import UUID

    from django.contrib.sessions.backends.base import SessionBase

    from accounts.models import User


def session_user(session_key: str) -> User | None:
    """Give the active person of a session that still holds, or None.

    Unlike ``django.contrib.auth.get_user`` it changes nothing: no flush, and no new key when the session was signed
    with a former SECRET_KEY, because there is no answer that could carry the new cookie.
    """
    session = _open(session_key)
    backend = session.get(BACKEND_SESSION_KEY)
    if SESSION_KEY not in session or backend not in settings.AUTHENTICATION_BACKENDS:
        return None
    user = load_backend(backend).get_user(session[SESSION_KEY])
    if user is None or not _is_signed_for(user, session.get(HASH_SESSION_KEY, "")):
        return None
    return user


def close_after_commit(user_id: UUID) -> None:
    """Let every open socket of a person look again whether its session holds, once the change is committed."""
    transaction.on_commit(partial(close_sockets_soon, user_id))


def _open(session_key: str) -> SessionBase:
    store: Any = import_module(settings.SESSION_ENGINE).SessionStore
    return cast("SessionBase", store(session_key))


def _is_signed_for(user: User, signature: str) -> bool:
    valid = [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
    return any(constant_time_compare(signature, each) for each in valid)
