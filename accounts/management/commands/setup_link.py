"""Prints the link for the first operator."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.setup import setup_link
from audit.services import COMMAND, record


class Command(BaseCommand):
    help = "Print a link, valid for a day, with which the first operator makes an account."

    def handle(self, **_: Any) -> None:
        link = setup_link()
        if link is None:
            raise CommandError("There is an operator already; for another one, use createsuperuser or the admin.")
        record(COMMAND, "make the setup link")
        self.stdout.write(link)
