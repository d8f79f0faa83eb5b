"""Imports sensitive words from a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from audit.services import COMMAND
from moderation.importing import WordFile, import_words, try_file
from moderation.models import Action, Direction
from moderation.word_files import FaultyFile, Parsed

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
        given = WordFile(file.name, content, {**defaults, "whole_word": "no" if part else "yes"})
        with Bars() as bars:
            try:
                parsed = given.parse(bars.show)
                self._warn(parsed)
                done = self._try(given, parsed, bars) if dry_run else self._import(given, parsed, bars)
            except FaultyFile as error:
                raise CommandError("\n".join(["Nothing was imported.", *error.faults])) from None
        self.stdout.write(done)

    def _import(self, given: WordFile, parsed: Parsed, bars: Bars) -> str:
        stored = import_words(COMMAND, given, parsed, bars.show)
        return f"{stored:,} words are in the list; every process knows them within five seconds."

    def _warn(self, parsed: Parsed) -> None:
        for warning in parsed.warnings[:MOST_WARNINGS]:
            self.stderr.write(warning)
        if len(parsed.warnings) > MOST_WARNINGS:
            self.stderr.write(f"and {len(parsed.warnings) - MOST_WARNINGS:,} more such lines")

    def _try(self, given: WordFile, parsed: Parsed, bars: Bars) -> str:
        trial = try_file(COMMAND, given, parsed, bars.show)
        summary = (
            f"{len(parsed.words):,} words would be imported. They would have been found in {trial.hit:,} of"
            f" {trial.texts:,} texts of the last 30 days."
        )
        return "\n".join([summary, *(f"{times:8,}  {pattern}" for pattern, times in trial.common(MOST_PATTERNS))])


class Bars:
    """One bar on the terminal for each thing that is done."""

    def __init__(self) -> None:
        self._bar: tqdm[Any] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def show(self, what: str, done: int, total: int) -> None:
        if self._bar is None or self._bar.desc != f"{what}: ":
            self.__exit__()
            self._bar = tqdm(total=total, desc=what)
        self._bar.update(done - self._bar.n)
