"""What a password must be, and what follows when it changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.sessions import close_after_commit
from chatproject.numbers import grouped

if TYPE_CHECKING:
    from accounts.models import User

MAX_LENGTH = 4096


class MaximumLengthValidator:
    """Refuses what nobody types; hashing and comparing it would cost time for nothing."""

    def validate(self, password: str, user: User | None = None) -> None:  # noqa: ARG002 - Django's signature
        if len(password) > MAX_LENGTH:
            raise ValidationError(self.get_help_text(), code="password_too_long")

    def get_help_text(self) -> str:
        return _("A password can have at most %(most)s characters.") % {"most": grouped(MAX_LENGTH)}


class OpenSocketsValidator:
    """Closes a person's open sockets when the password changes; Django calls every validator after the save.

    This is the one place that sees all the ways to change it: the settings, the reset, the admin and the command line.
    """

    def validate(self, password: str, user: User | None = None) -> None:
        pass

    def get_help_text(self) -> str:
        return ""

    def password_changed(self, password: str, user: User) -> None:  # noqa: ARG002 - Django's signature
        close_after_commit(user.pk)
