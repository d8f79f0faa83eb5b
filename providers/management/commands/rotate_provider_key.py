"""Replaces the keys of a provider by a new one, while people talk."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from audit.services import COMMAND, record, recording
from chatproject.errors import DomainError
from providers.keys import health
from providers.keys.checking import try_key
from providers.keys.sealing import fingerprint
from providers.keys.services import (
    add_key,
    check_secret,
    drain_keys,
    find_provider,
    is_usable,
    retire_keys,
    unused_keys,
)
from providers.keys.terminal import read_secret
from providers.models import ApiKey, KeySource, KeyState
from providers.port import ProviderConfig

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Sequence

    from django.db.models import QuerySet

    from providers.models import Provider

PATIENCE = 900
LOOK_EVERY = 0.5


class Command(BaseCommand):
    help = (
        "Add a new key, see that the provider takes it, then retire the old ones as soon as no answer uses them. The "
        "key is asked for, or read from standard input. Run it again with the same key when it was interrupted."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("provider", help="openai, anthropic, or the name of another one")
        parser.add_argument("--label", default="", help="a word to tell the new key by")
        parser.add_argument(
            "--replaces", type=int, action="append", metavar="NUMBER", help="only this key; without it, all others"
        )
        parser.add_argument("--timeout", type=float, default=PATIENCE, help="seconds to wait for answers (%(default)s)")
        parser.add_argument("--unverified", action="store_true", help="go on although the provider does not say")

    def handle(
        self, *, provider: str, label: str, replaces: list[int] | None, timeout: float, unverified: bool, **_: Any
    ) -> None:
        try:
            row = find_provider(provider)
            _check_numbers(row, replaces or ())
            secret = read_secret("New key: ")
            check_secret(secret)
            is_proven = self._verify(row, secret, unverified=unverified)
            new = self._add(row, secret, label, is_proven=is_proven)
        except DomainError as error:
            raise CommandError(error.message) from None
        old = row.keys.exclude(pk=new.pk).exclude(state=KeyState.RETIRED)
        self._replace(list(old if replaces is None else old.filter(pk__in=replaces)), timeout)

    def _verify(self, provider: Provider, secret: str, *, unverified: bool) -> bool:
        """Tell whether the provider takes the key; where it does not say, that is an error unless it may be so."""
        config = ProviderConfig(provider.slug, provider.kind, provider.label, provider.base_url, (secret,))
        finding = try_key(config)
        if finding.error is None:
            self.stdout.write(f"{provider.label} takes the new key.")
        elif finding.is_conclusive or not unverified:
            further = "" if finding.is_conclusive else " With --unverified it is taken all the same."
            raise CommandError(f"Nothing was changed. {finding.note}{further}")
        return finding.error is None

    def _add(self, provider: Provider, secret: str, label: str, *, is_proven: bool) -> ApiKey:
        """Add the key, or find it when an interrupted run has added it; one that is not proven is tried by a call."""
        known = provider.keys.filter(
            fingerprint=fingerprint(secret), state=KeyState.ACTIVE, bound_to=provider.base_url
        ).first()
        key = known if known and is_usable(known, provider) else self._store(provider, secret, label)
        if is_proven:
            health.restore(key.pk)
        else:
            health.forget_refusal(key.pk)
        self.stdout.write(f"The new key is number {key.pk}, {key}. It is used from now on.")
        return key

    def _store(self, provider: Provider, secret: str, label: str) -> ApiKey:
        with transaction.atomic():
            key = add_key(provider, secret, label=label)
            record(COMMAND, "add key", key, changes={"provider": provider.slug, "label": label})
        return key

    def _replace(self, keys: list[ApiKey], timeout: float) -> None:
        if not keys:
            self.stdout.write("There is no other key to retire.")
            return
        old = ApiKey.objects.filter(pk__in=[key.pk for key in keys])
        with recording(COMMAND, "drain key", old):
            drain_keys(old)
        self.stdout.write(f"Waiting until no answer uses {', '.join(f'number {key.pk}' for key in keys)} ...")
        deadline = time.monotonic() + timeout
        while waiting := old.exclude(state=KeyState.RETIRED).count():
            if retired := self._retire(unused_keys(old)):
                self.stdout.write(f"Retired: {retired}; still in use: {waiting - retired}.")
            elif time.monotonic() > deadline:
                raise CommandError("Old keys are still in use; they get no new calls. Run this again to retire them.")
            else:
                time.sleep(LOOK_EVERY)
        if any(key.source == KeySource.ENVIRONMENT and key.is_present for key in keys):
            self.stdout.write("An old key stands in the environment; take it out there, too.")
        self.stdout.write("Done. The old keys can be revoked at the provider.")

    def _retire(self, keys: QuerySet[ApiKey]) -> int:
        with recording(COMMAND, "retire key", keys):
            return retire_keys(keys)


def _check_numbers(provider: Provider, numbers: Sequence[int]) -> None:
    """See that these are keys of the provider; retired ones are, too, when an interrupted run is run again."""
    known = set(provider.keys.filter(pk__in=numbers).values_list("pk", flat=True))
    if unknown := sorted(set(numbers) - known):
        named = ", ".join(map(str, unknown))
        raise CommandError(f"Nothing was changed. {provider.label} has no key with the number {named}.")
