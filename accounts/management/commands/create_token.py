"""Makes a token of the API for somebody, and prints its secret."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.models import TOKEN_NAME_LENGTH, User
from accounts.tokens import Scope, create_token
from audit.services import COMMAND
from chatproject.errors import DomainError

if TYPE_CHECKING:
    from argparse import ArgumentParser

MOST_DAYS = 3650


class Command(BaseCommand):
    help = "Make a token of the API for somebody, and print it: it is shown only now."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", help="whose token it is")
        parser.add_argument("--name", default="command", help="what it is called in their list (%(default)s)")
        choices = [scope.value for scope in Scope]
        parser.add_argument("--scopes", nargs="+", choices=choices, default=["read", "chat"], help="what it may do")
        parser.add_argument("--days", type=int, help="how long it works; without it, until it is revoked")

    def handle(self, *, email: str, name: str, scopes: list[str], days: int | None, **_: Any) -> None:
        user = User.objects.filter(email=email, is_active=True).first()
        if user is None:
            raise CommandError(f"Nobody who may sign in has the email {email!r}.")
        if not 0 < len(name.strip()) <= TOKEN_NAME_LENGTH:
            raise CommandError(f"The name of a token has 1 to {TOKEN_NAME_LENGTH} characters.")
        expires_at = None if days is None else timezone.now() + timedelta(days=_checked(days))
        try:
            _token, secret = create_token(
                user, name=name.strip(), scopes=[Scope(one) for one in scopes], expires_at=expires_at, actor=COMMAND
            )
        except DomainError as error:
            raise CommandError(error.message) from None
        self.stdout.write(secret)


def _checked(days: int) -> int:
    if not 1 <= days <= MOST_DAYS:
        raise CommandError(f"A token works for 1 to {MOST_DAYS} days.")
    return days
