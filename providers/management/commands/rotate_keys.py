"""Seals all keys with the newest field key."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from audit.services import COMMAND, record
from providers.keys.services import outdated_keys, reseal_keys

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Iterator

BATCH = 100


class Command(BaseCommand):
    help = (
        "Seal every stored key anew with the first of FIELD_ENCRYPTION_KEYS, so that the others can be removed. It can "
        "be stopped and run again at any time, while the site runs."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="change nothing; end with 1 when something is left")
        parser.add_argument("--batch", type=int, default=BATCH, help="how many at a time (%(default)s)")

    def handle(self, *, check: bool, batch: int, **_: Any) -> None:
        if batch < 1:
            raise CommandError("A batch has at least one key.")
        outdated = outdated_keys()
        if check and outdated:
            raise CommandError(f"{_count(outdated)} not sealed with the newest field key. Run rotate_keys.")
        unreadable: list[int] = []
        with tqdm(total=len(outdated), unit="key", disable=not outdated) as bar:
            for numbers in _batches(outdated, batch):
                unreadable += reseal_keys(numbers)
                bar.update(len(numbers))
        if unreadable:
            named = ", ".join(map(str, unreadable))
            raise CommandError(f"No field key opens these: {named}. Put the old field key back, or retire them.")
        if left := outdated_keys():
            raise CommandError(f"{_count(left)} added meanwhile with an old field key. Run rotate_keys again.")
        if outdated:
            record(COMMAND, "seal keys anew", changes={"sealed": len(outdated)})
        self.stdout.write("Every key is sealed with the newest field key; older ones can be removed.")


def _batches(numbers: list[int], size: int) -> Iterator[list[int]]:
    remaining = iter(numbers)
    while batch := list(itertools.islice(remaining, size)):
        yield batch


def _count(keys: list[int]) -> str:
    return f"{len(keys)} {'key was' if len(keys) == 1 else 'keys were'}"
