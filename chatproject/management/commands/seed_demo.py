"""Fills a site that nobody uses yet, to try it out at the size it may reach."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from tqdm import tqdm

from audit.services import COMMAND, record
from chatproject.demo_data import find_stranger, has_data_of_others, make_incidents, make_messages, make_people
from chatproject.demo_desk import make_entries, make_invitations, make_log, make_presets, make_warnings, make_words

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    help = (
        "Make people who cannot sign in, conversations, usage and incidents, spread over the last 30 days, and in "
        "proportion words, answers of the FAQ, presets, invitations, warnings and entries of the audit log."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--messages", type=int, default=10_000, help="how many (%(default)s)")
        parser.add_argument("--incidents", type=int, default=1_000, help="how many (%(default)s)")
        parser.add_argument("--force", action="store_true", help="also where people have talked already")

    def handle(self, *, messages: int, incidents: int, force: bool, **_: Any) -> None:
        if messages < 0 or incidents < 0:
            raise CommandError("Say how many with a number from 0.")
        if has_data_of_others() and not force:
            raise CommandError("People have talked here already. Use another database, or --force.")
        if stranger := find_stranger():
            raise CommandError(f"{stranger} can sign in, so it is no demo person. Give it another address first.")
        record(COMMAND, "seed demo", changes={"messages": messages, "incidents": incidents})
        people = make_people(messages)
        with tqdm(total=messages, unit=" messages", unit_scale=True) as bar:
            make_messages(messages, people, bar.update)
        with tqdm(total=incidents, unit=" incidents", unit_scale=True) as bar:
            make_incidents(incidents, people, bar.update)
        make_words(messages // 100)
        make_entries(messages // 1000)
        make_log(messages // 10, people)
        make_warnings(incidents // 10)
        make_presets(people)
        make_invitations(len(people) // 10)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        self.stdout.write(f"{messages:,} messages and {incidents:,} incidents of {len(people):,} people are here now.")
