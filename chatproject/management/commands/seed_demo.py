"""Fills a site that nobody uses yet, to try it out at the size it may reach."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from tqdm import tqdm

from audit.services import COMMAND, record
from chatproject.demo_data import has_data_of_others, make_incidents, make_messages, make_people

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    help = "Make people who cannot sign in, conversations, usage and incidents, spread over the last 30 days."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--messages", type=int, default=10_000, help="how many (%(default)s)")
        parser.add_argument("--incidents", type=int, default=1_000, help="how many (%(default)s)")
        parser.add_argument("--force", action="store_true", help="also where people have talked already")

    def handle(self, *, messages: int, incidents: int, force: bool, **_: Any) -> None:
        if messages < 0 or incidents < 0:
            raise CommandError("Say how many with a number from 0.")
        if has_data_of_others() and not force:
            raise CommandError("People have talked here already. Use another database, or --force.")
        record(COMMAND, "seed demo", changes={"messages": messages, "incidents": incidents})
        people = make_people(messages)
        with tqdm(total=messages, unit=" messages", unit_scale=True) as bar:
            make_messages(messages, people, bar.update)
        with tqdm(total=incidents, unit=" incidents", unit_scale=True) as bar:
            make_incidents(incidents, people, bar.update)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        self.stdout.write(f"{messages:,} messages and {incidents:,} incidents of {len(people):,} people are here now.")
