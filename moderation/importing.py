"""A file of words taken into the list, or only tried; either is in the audit log."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction

from audit.services import record, recording
from moderation.models import SensitiveWord
from moderation.trial import count_recently_said, recently_said, try_words
from moderation.word_files import parse_words, store_words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager

    from audit.services import Actor
    from moderation.trial import Trial
    from moderation.word_files import Parsed

    Progress = Callable[[str, int, int], object]
    """Gets what is done, how much of it, and of how much."""

MOST_RECORDED = 2_000
"""Words that are recorded one by one; of a longer file, the first so many rules of the list that act otherwise now."""

ACTS = ("action", "whole_word", "enabled")
"""What a file can change about how a rule acts: its spelling and direction make it this rule."""

MOST_NAMED = 20


@dataclass(frozen=True, slots=True)
class WordFile:
    """What an operator gave; ``defaults`` are cells for the columns that it leaves out."""

    name: str
    content: bytes
    defaults: Mapping[str, str]

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    def parse(self, progress: Progress) -> Parsed:
        """Read it; raises FaultyFile."""
        total = self.content.count(b"\n") + 1
        is_csv = self.name.lower().endswith(".csv")
        return parse_words(
            self.content, is_csv=is_csv, progress=lambda line: progress("Reading lines", line, total), **self.defaults
        )


def import_words(actor: Actor, file: WordFile, parsed: Parsed, progress: Progress, *, address: str = "") -> int:
    """Take the words into the list, all or none; returns how many. Raises FaultyFile where it would grow too long."""
    total, before = len(parsed.words), SensitiveWord.objects.count()
    with transaction.atomic(), _recording(actor, parsed, address):
        store_words(parsed.words, lambda stored: progress("Storing words", stored, total))
        added = SensitiveWord.objects.count() - before
        changes = {"file": file.name, "sha256": file.digest, "words": total, "added": added, "changed": total - added}
        record(actor, "import words", changes=changes, address=address)
    return total


def try_file(
    actor: Actor,
    file: WordFile,
    parsed: Parsed,
    progress: Progress,
    *,
    seconds: float = float("inf"),
    address: str = "",
) -> Trial:
    """Look through what was said lately, the newest first, for so many seconds; nothing but the attempt is kept."""
    first = [word.pattern for word in parsed.words[:MOST_NAMED]]
    changes: dict[str, Any] = {"file": file.name, "sha256": file.digest, "words": len(parsed.words), "first": first}
    record(actor, "try words", changes=changes, address=address)
    total = count_recently_said()
    return try_words(
        parsed.words,
        recently_said(),
        total=total,
        seconds=seconds,
        progress=lambda texts: progress("Looking through texts", texts, total),
    )


def _recording(actor: Actor, parsed: Parsed, address: str) -> AbstractContextManager[None]:
    if len(parsed.words) > MOST_RECORDED:
        rows = SensitiveWord.objects.filter(pk__in=_find_changed(parsed)[:MOST_RECORDED])
        return recording(actor, "import words", rows, address=address)
    rows = SensitiveWord.objects.filter(folded__in=[word.folded for word in parsed.words])
    return recording(actor, "import words", rows, address=address, also_new=True)


def _find_changed(parsed: Parsed) -> list[int]:
    """Find the rules of the list that will act otherwise."""
    wanted = {(word.folded, word.direction): tuple(getattr(word, name) for name in ACTS) for word in parsed.words}
    rules = SensitiveWord.objects.order_by("pk").values_list("pk", "folded", "direction", *ACTS)
    return [
        key
        for key, folded, direction, *acts in rules.iterator()
        if wanted.get((folded, direction), tuple(acts)) != tuple(acts)
    ]
