"""Asks the providers whether they take the keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from providers.keys.checking import Finding, check_keys
from providers.keys.terminal import describe, table
from providers.models import ApiKey, Health, KeyState

if TYPE_CHECKING:
    from argparse import ArgumentParser

UNREADABLE = "It cannot be read from here: FIELD_ENCRYPTION_KEYS, the environment or the address has changed."


class Command(BaseCommand):
    help = "Try every key with one call that costs nothing, and show what is known."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--strict", action="store_true", help="end with 1 when a key cannot be used")
        parser.add_argument("--again", action="store_true", help="let refused keys that list models be tried again")

    def handle(self, *, again: bool, strict: bool, **_: Any) -> None:
        found = check_keys(settings.PROVIDERS, again=again)
        keys = list(ApiKey.objects.select_related("provider").exclude(state=KeyState.RETIRED))
        if not keys:
            self.stdout.write("There is no key.")
            return
        self.stdout.write(table([describe(key, _note(key, found.get(key.pk))) for key in keys]))
        bad = [key for key in keys if key.state == KeyState.ACTIVE and _is_bad(key, found)]
        summary = f"{len(bad)} of {len(keys)} keys cannot be used." if bad else "No key is known not to work."
        if bad and strict:
            raise CommandError(summary)
        self.stdout.write(summary)


def _note(key: ApiKey, finding: Finding | None) -> str:
    if finding is not None and finding.error is None and key.health == Health.REFUSED:
        return f"{key.health_note} {finding.note} With --again it is tried again."
    if finding is not None:
        return finding.note if key.health != Health.COOLING else ""
    return UNREADABLE if key.state == KeyState.ACTIVE and key.provider.enabled and key.is_present else ""


def _is_bad(key: ApiKey, found: dict[int, Finding]) -> bool:
    return key.health == Health.REFUSED or _note(key, found.get(key.pk)) == UNREADABLE
