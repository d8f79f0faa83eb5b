"""Random secrets that are shown once and kept as a hash: of links, and of tokens."""

from __future__ import annotations

import hashlib
import secrets

TOKEN_BYTES = 32


def make_token() -> str:
    """Make 256 random bits, safe in an address."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def hash_token(token: str) -> str:
    """Give 64 hex digits; the token is random, so it needs no salt and no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()
