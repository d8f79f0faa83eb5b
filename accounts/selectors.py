"""Reads about accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accounts.models import Invitation, User
from accounts.shown_once import hash_token

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet


def find_invitation(token: str) -> Invitation | None:
    """Give the invitation of a token while it is open; used, expired and made-up ones look the same."""
    invitation = Invitation.objects.filter(token_hash=hash_token(token)).first()
    return invitation if invitation and invitation.is_open else None


def list_people(*, after: UUID | None = None, email: str = "", is_active: bool | None = None) -> QuerySet[User]:
    """List people, the newest first, after one of these ids; ``email`` is how an address begins."""
    people = User.objects.order_by("-pk")
    people = people.filter(pk__lt=after) if after else people
    people = people.filter(email__startswith=email.lower()) if email else people
    return people if is_active is None else people.filter(is_active=is_active)
