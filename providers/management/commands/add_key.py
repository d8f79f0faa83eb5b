"""Adds a key, and with an address a provider."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from audit.services import COMMAND, record
from chatproject.errors import DomainError
from providers.keys.services import add_key, add_provider, check_secret, find_provider
from providers.keys.terminal import read_secret

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    help = "Add a key of a provider. It is asked for, or read from standard input; it never stands in the command."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("provider", help="openai, anthropic, or the name of another one")
        parser.add_argument("--label", default="", help="a word to tell keys apart by")
        parser.add_argument("--address", default="", help="of a provider that is new here")
        parser.add_argument("--kind", default="openai", help="what a new provider speaks (%(default)s, or anthropic)")

    def handle(self, *, provider: str, label: str, address: str, kind: str, **_: Any) -> None:
        try:
            if not address:
                find_provider(provider)  # before the secret is asked for
            secret = read_secret("Key: ")
            check_secret(secret)
            with transaction.atomic():
                row = add_provider(provider, kind=kind, address=address) if address else find_provider(provider)
                key = add_key(row, secret, label=label)
                record(COMMAND, "add key", key, changes={"provider": row.slug, "label": label})
        except DomainError as error:
            raise CommandError(error.message) from None
        self.stdout.write(f"{row.label} has a new key: number {key.pk}, {key}. It is used from now on.")
