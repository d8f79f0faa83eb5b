"""Links for a new password: they go to the address of the account, and not too many of them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from allauth.account.forms import ResetPasswordForm

from accounts import limits
from chatproject.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest

    from accounts.models import User

MAILS = "reset mails"
RATE = "2/20m"
"""Mails to one address. The window is as long as a link lives: while no more are sent, one of before still works."""


def mail_within_limits(email: str, send: Callable[[], object]) -> bool:
    """Send a mail unless its address got enough; tells whether it was sent. Raises Unavailable, uncounted."""
    who = email.lower()
    if not limits.hit(MAILS, who, RATE).allowed:
        return False
    try:
        send()
    except Unavailable:
        limits.give_back(MAILS, who, RATE)
        raise
    return True


def send_reset_link(request: HttpRequest, person: User) -> bool:
    """Mail a link to somebody who is not suspended; tells whether it was sent. Raises Unavailable."""
    form = ResetPasswordForm({"email": person.email})
    return person.is_active and form.is_valid() and mail_within_limits(person.email, partial(form.save, request))
