"""What the page of an import does with a file, and what it says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from audit.admin import address_of
from moderation.importing import import_words, try_file
from moderation.trial import SMALLEST_COUNT
from moderation.word_files import FaultyFile

if TYPE_CHECKING:
    from django.http import HttpRequest

    from moderation.importing import Progress, WordFile
    from moderation.trial import Trial
    from moderation.word_files import Parsed

MOST_SHOWN = 50
MOST_SECONDS = 20.0
"""For looking through what was said; the command takes its time."""

READS_PEOPLE = "conversations.read_conversation"


def take_file(request: HttpRequest, file: WordFile, progress: Progress, *, dry_run: bool) -> dict[str, Any]:
    """Import or try a file; returns what the page has to say."""
    try:
        parsed = file.parse(progress)
        outcome = (_try if dry_run else _import)(request, file, parsed, progress)
    except FaultyFile as error:
        return {"faults": error.faults}
    return {**outcome, "warnings": parsed.warnings[:MOST_SHOWN]}


def _import(request: HttpRequest, file: WordFile, parsed: Parsed, progress: Progress) -> dict[str, Any]:
    return {"stored": import_words(request.user, file, parsed, progress, address=address_of(request))}


def _try(request: HttpRequest, file: WordFile, parsed: Parsed, progress: Progress) -> dict[str, Any]:
    trial = try_file(request.user, file, parsed, progress, seconds=MOST_SECONDS, address=address_of(request))
    least = 1 if request.user.has_perm(READS_PEOPLE) else SMALLEST_COUNT
    return {
        "words": len(parsed.words),
        "trial": trial,
        "hit": _say_count(trial, least),
        "least": least,
        "patterns": trial.common(MOST_SHOWN, at_least=least),
    }


def _say_count(trial: Trial, least: int) -> str:
    """Say how many texts were hit: to who may not read people, no number that could stand for a person or none.

    The number of them all would tell what a rare pattern adds to a common one.
    """
    if least == 1:
        return f"{trial.hit:,}"
    if most := trial.common(1, at_least=least):
        return f"at least {most[0][1]:,}"
    return f"fewer than {least}" if trial.patterns.total() < least else "several"
