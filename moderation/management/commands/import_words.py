"""Imports sensitive words from a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from tqdm import tqdm

from audit.services import COMMAND, record
from moderation.models import Action, Direction
from moderation.trial import recently_said, try_words
from moderation.word_files import FaultyFile, Parsed, parse_words, store_words

if TYPE_CHECKING:
    from argparse import ArgumentParser

MOST_WARNINGS = 20
MOST_PATTERNS = 20


class Command(BaseCommand):
    help = "Import sensitive words from a CSV file (*.csv) or from text with one entry a line: all of them, or none."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--action", choices=Action.values, default=Action.FLAG, help="where the file says none")
        parser.add_argument("--direction", choices=Direction.values, default=Direction.BOTH)
        parser.add_argument("--category", default="")
        parser.add_argument("--language", default="")
        parser.add_argument("--part", action="store_true", help="also find them inside other words")
        parser.add_argument(
            "--dry-run", action="store_true", help="change nothing; say what would have been caught in the last 30 days"
        )

    def handle(self, *, file: Path, dry_run: bool, part: bool, **options: Any) -> None:
        defaults = {name: str(options[name]) for name in ("action", "direction", "category", "language")}
        try:
            content = file.read_bytes()
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from None
        try:
            parsed = parse_words(
                content, is_csv=file.suffix.lower() == ".csv", whole_word="no" if part else "yes", **defaults
            )
        except FaultyFile as error:
            raise CommandError("\n".join(["Nothing was imported.", *error.faults])) from None
        self._warn(parsed)
        if dry_run:
            self._try(parsed)
            return
        with tqdm(total=len(parsed.words), unit=" words") as bar, transaction.atomic():
            stored = store_words(parsed.words, bar.update)
            record(COMMAND, "import words", changes={"words": stored, "file": file.name})
        self.stdout.write(f"{stored:,} words are in the list; every process knows them within five seconds.")

    def _warn(self, parsed: Parsed) -> None:
        for warning in parsed.warnings[:MOST_WARNINGS]:
            self.stderr.write(warning)
        if len(parsed.warnings) > MOST_WARNINGS:
            self.stderr.write(f"and {len(parsed.warnings) - MOST_WARNINGS:,} more such lines")

    def _try(self, parsed: Parsed) -> None:
        trial = try_words(parsed.words, tqdm(recently_said(), unit=" texts"))
        self.stdout.write(
            f"{len(parsed.words):,} words would be imported. They would have been found in {trial.hit:,} of"
            f" {trial.texts:,} texts of the last 30 days."
        )
        for pattern, times in trial.patterns.most_common(MOST_PATTERNS):
            self.stdout.write(f"{times:8,}  {pattern}")
