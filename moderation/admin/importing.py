"""What the page of an import does with a file, and what it says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from audit.admin import address_of
from moderation.importing import import_words, try_file
from moderation.trial import SMALLEST_COUNT
from moderation.word_files import FaultyFile

if TYPE_CHECKING:
    from uuid import UUID

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
    told = _tell_people(trial, request.user.pk)
    if request.user.has_perm(READS_PEOPLE):
        told = {"patterns": trial.common(MOST_SHOWN)}
    return {"words": len(parsed.words), "trial": trial, **told}


def _tell_people(trial: Trial, asker: UUID | None) -> dict[str, Any]:
    """Tell who may not read people with how many others a word was found, and no number that could stand for one.

    A number for all words together would tell what a rare one adds to a common one.
    """
    patterns = trial.widespread(MOST_SHOWN, beside=asker)
    people = (
        f"at least {patterns[0][1]:,} other people" if patterns else f"fewer than {SMALLEST_COUNT} other people each"
    )
    return {"people": people, "least": SMALLEST_COUNT, "patterns": patterns}
