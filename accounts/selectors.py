"""Reads about accounts."""

from __future__ import annotations

from accounts.models import Invitation
from accounts.shown_once import hash_token


def find_invitation(token: str) -> Invitation | None:
    """Give the invitation of a token while it is open; used, expired and made-up ones look the same."""
    invitation = Invitation.objects.filter(token_hash=hash_token(token)).first()
    return invitation if invitation and invitation.is_open else None
