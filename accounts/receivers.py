"""What follows when Django says that somebody signed out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.signals import user_logged_out
from django.dispatch import receiver

from accounts.sessions import close_after_commit

if TYPE_CHECKING:
    from django.http import HttpRequest

    from accounts.models import User


@receiver(user_logged_out, dispatch_uid="accounts.close_sockets")
def close_sockets(request: HttpRequest, user: User | None, **_: Any) -> None:
    """Close the sockets of the session that ends.

    Django tells just before it ends the session; it is ended here, so that a socket that looks again cannot find it.
    """
    request.session.flush()
    if user is not None and user.pk is not None:
        close_after_commit(user.pk)
