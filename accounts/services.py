"""What happens to accounts: suspending, inviting, deleting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import F
from django.dispatch import Signal
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Invitation, User
from accounts.sessions import close_after_commit
from accounts.shown_once import hash_token, make_token
from chatproject.errors import Conflict

if TYPE_CHECKING:
    from datetime import datetime


suspended = Signal()
"""Sent with ``user_id``, in the transaction that suspends a person: whoever does something for them stops it."""


def suspend_user(user: User) -> User:
    """Close every door: requests and sockets are refused, and no session of before holds again; nothing is deleted."""
    with transaction.atomic():
        user.is_active = False
        user.save(update_fields=["is_active"])
        User.objects.filter(pk=user.pk).update(session_number=F("session_number") + 1)
        user.refresh_from_db(fields=["session_number"])
        suspended.send(User, user_id=user.pk)
        close_after_commit(user.pk)
    return user


def reinstate_user(user: User) -> User:
    """Let a person sign in again; they find everything as they left it."""
    user.is_active = True
    user.save(update_fields=["is_active"])
    return user


def invite_person(
    *, email: str = "", expires_at: datetime | None = None, created_by: User | None = None
) -> tuple[Invitation, str]:
    """Make an invitation; the token is in the answer and nowhere else."""
    token = make_token()
    invitation = Invitation(token_hash=hash_token(token), email=email, created_by=created_by)
    if expires_at:
        invitation.expires_at = expires_at
    invitation.save()
    return invitation, token


def accept_invitation(invitation: Invitation, *, user: User) -> Invitation:
    """Spend an invitation on a new account, which is saved here; raises Conflict when somebody was quicker."""
    now = timezone.now()
    unused = Invitation.objects.filter(pk=invitation.pk, used_at=None, expires_at__gt=now)
    with transaction.atomic():
        if not unused.update(used_at=now):
            raise Conflict(_("This invitation was used already. Ask your operator for a new one."))
        user.save()
        Invitation.objects.filter(pk=invitation.pk).update(used_by=user)
        if invitation.email == user.email:
            user.confirm_email()
    invitation.refresh_from_db()
    return invitation


def delete_account(user: User) -> None:
    """Delete a person and everything that is theirs; raises Conflict for the last superuser."""
    user_id = user.pk
    with transaction.atomic():
        # Locked in one order, so that of the last two who leave at once one stays.
        operators = User.objects.select_for_update().filter(is_superuser=True).order_by("pk")
        if list(operators.values_list("pk", flat=True)) == [user_id]:
            raise Conflict(_("You are the only operator. Give somebody else all rights first."))
        user.delete()
        close_after_commit(user_id)


def new_account(*, email: str, name: str, password: str) -> User:
    """Build a person without rights, not yet saved; hashing here keeps it out of the transaction that saves."""
    return User(email=email, name=name, password=make_password(password))
