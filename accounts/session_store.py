"""Sessions in the database, asked only for keys that it can have made."""

from __future__ import annotations

from django.contrib.sessions.backends import db


class SessionStore(db.SessionStore):
    def __init__(self, session_key: str | None = None) -> None:
        """Take what else a cookie may hold for no key: PostgreSQL fails on a NUL, and the visitor with it."""
        super().__init__(session_key if session_key and session_key.isascii() and session_key.isalnum() else None)
