"""Retires a key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from audit.services import COMMAND, recording
from chatproject.errors import DomainError
from providers.keys.services import find_key, retire_keys
from providers.models import ApiKey, KeySource

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    help = "Take a key out of use for good and forget its secret. Answers that are being written with it go on."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("number", type=int, help="as list_keys shows it")

    def handle(self, *, number: int, **_: Any) -> None:
        try:
            key = find_key(number)
        except DomainError as error:
            raise CommandError(error.message) from None
        chosen = ApiKey.objects.filter(pk=key.pk)
        with recording(COMMAND, "retire key", chosen):
            retire_keys(chosen)
        self.stdout.write(f"The key {key} of {key.provider.label} is retired.")
        if key.source == KeySource.ENVIRONMENT and key.is_present:
            self.stdout.write("It still stands in the environment; take it out there, too.")
