"""Prints an invitation link."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone

from accounts.addresses import public_address
from accounts.models import INVITATION_DAYS
from accounts.services import invite_person
from audit.services import COMMAND, record

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    help = "Print a link with which one person makes an account."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", nargs="?", default="", help="only this address can use it; without one, anybody")
        parser.add_argument("--days", type=int, default=INVITATION_DAYS, help="how long it works (%(default)s)")

    def handle(self, *, email: str, days: int, **_: Any) -> None:
        if settings.SIGNUP == "closed":
            raise CommandError("SIGNUP is closed, so invitations do not work. Set it to invite or open.")
        if days < 1:
            raise CommandError("An invitation works for at least one day.")
        try:
            if email:
                validate_email(email)
        except ValidationError:
            raise CommandError(f"{email!r} is not an email address.") from None
        with transaction.atomic():
            invitation, token = invite_person(email=email, expires_at=timezone.now() + timedelta(days=days))
            record(COMMAND, "invite", invitation, changes={"days": days})
        self.stdout.write(public_address("account_invitation", token))
