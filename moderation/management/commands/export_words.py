"""Writes the list of sensitive words to a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from moderation.models import SensitiveWord
from moderation.word_files import write_csv, write_text

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    help = "Write the sensitive words to a file: *.csv with all columns, anything else as text with one a line."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *, file: Path, **_: Any) -> None:
        words = SensitiveWord.objects.all()
        counted = tqdm(words.iterator(chunk_size=2000), total=words.count(), unit=" words")
        write = write_csv if file.suffix.lower() == ".csv" else write_text
        try:
            with file.open("w", encoding="utf-8", newline="") as target:
                target.writelines(write(counted))
        except OSError as error:
            raise CommandError(f"{file} cannot be written: {error.strerror}.") from None
