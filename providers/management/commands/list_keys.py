"""Lists the keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand

from providers.keys.roster import ensure_environment
from providers.keys.terminal import describe, table
from providers.models import ApiKey, KeyState

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    help = "List the keys with what is known of them. Nobody is asked; check_keys does that."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--all", action="store_true", dest="with_retired", help="also those that were retired")

    def handle(self, *, with_retired: bool, **_: Any) -> None:
        ensure_environment(settings.PROVIDERS)
        keys = ApiKey.objects.select_related("provider")
        shown = keys if with_retired else keys.exclude(state=KeyState.RETIRED)
        self.stdout.write(table([describe(key) for key in shown]) if shown else "There is no key.")
