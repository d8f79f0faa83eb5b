"""Fetches the lists of models."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from providers.gateway import get_gateway
from providers.sync import SyncResult

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    help = "Fetch the lists of models and keep what operators changed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("provider", nargs="*", metavar="PROVIDER", help="only these; all of them without a name")

    def handle(self, *, provider: list[str], **_: Any) -> None:
        known, results = asyncio.run(_fetch(provider))
        if unknown := [name for name in provider if name not in known]:
            raise CommandError(f"Unknown or without a key: {', '.join(unknown)}. There are: {', '.join(known)}.")
        failed = 0
        for name, result in results.items():
            if isinstance(result, SyncResult):
                self.stdout.write(f"{name}: {result.describe()}")
            else:
                failed += 1
                self.stderr.write(f"{name}: {result}")
        if failed:
            raise CommandError("Not every list came. What was known before stays.")


async def _fetch(wanted: list[str]) -> tuple[list[str], dict[str, SyncResult | str]]:
    """Return the names of all providers, and what the lists of those that are wanted brought."""
    gateway = get_gateway()
    try:
        await gateway.reload()
        known = [listing.id for listing in gateway.list_providers()]
        return known, await gateway.refresh(wanted) if set(wanted) <= set(known) else {}
    finally:
        await gateway.close()
