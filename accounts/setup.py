"""The first operator: a one-time link, printed where only the operator of the machine can read it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.addresses import public_address
from accounts.models import SetupLink, User
from accounts.shown_once import hash_token, make_token
from audit.services import record
from chatproject.errors import Conflict

if TYPE_CHECKING:
    from django.db import models

LIFETIME = timedelta(days=1)


def setup_link() -> str | None:
    """Make a new link, valid for a day, while there is no operator; a former link stops working.

    The link is in the answer and nowhere else. None when there is an operator.
    """
    if has_operator():
        SetupLink.objects.all().delete()
        return None
    token = make_token()
    fields = {"token_hash": hash_token(token), "expires_at": timezone.now() + LIFETIME}
    SetupLink.objects.update_or_create(pk=SetupLink.ONLY, defaults=fields)
    return public_address("account_setup", token)


def has_operator() -> bool:
    """Tell whether somebody has all rights, suspended or not: a suspension must not open this door again."""
    return User.objects.filter(is_superuser=True).exists()


def is_setup_token(token: str) -> bool:
    return _links(token).exists() and not has_operator()


def create_first_operator(user: User, *, token: str) -> User:
    """Save a new account with all rights and spend the link; raises Conflict when it was spent."""
    with transaction.atomic():
        spent, _counts = _links(token).delete()
        if not spent or has_operator():
            raise Conflict(_("This setup link was used already. Sign in, or ask the operator for an invitation."))
        user.is_staff = user.is_superuser = True
        user.save()
        user.confirm_email()
        record(user, "become the first operator", user)
    return user


def _links(token: str) -> models.QuerySet[SetupLink]:
    return SetupLink.objects.filter(token_hash=hash_token(token), expires_at__gt=timezone.now())
