"""The list as this process knows it: one matcher a direction, built in a thread and replaced whole.

Every process looks at the mark of the list once a second and reads it again when it is another one.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from typing import TYPE_CHECKING

from django.db import Error as DatabaseError
from django.db import transaction
from uuid_utils.compat import uuid4

from chatproject.database import in_database
from moderation.matcher import Matcher, Term
from moderation.models import SEVERITIES, Action, AllowedPhrase, Direction, SensitiveWord, WordListVersion

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

logger = logging.getLogger(__name__)

LOOK_INTERVAL = 1.0
NEVER = float("-inf")
THE_LIST = 1


class WordList:
    """What is found in each direction; reading never waits and works from any thread."""

    def __init__(self) -> None:
        self._matchers: Mapping[Direction, Matcher] = {}
        self._mark: UUID | None = None
        self._is_known = False
        self._looked_at = NEVER
        self._lock = threading.Lock()

    def matcher(self, direction: Direction) -> Matcher:
        return self._matchers.get(direction) or NOTHING

    def refresh(self, *, at_most: float = 0.0) -> None:
        """Read the list again if it changed and was not looked at for ``at_most`` seconds; for a database thread.

        While another thread reads it, what was known counts: nobody waits but for the first list of all.
        """
        if not self._lock.acquire(blocking=not self._is_known):
            return
        try:
            now = time.monotonic()
            if now - self._looked_at >= at_most:
                self._read()
                self._looked_at = now
        finally:
            self._lock.release()

    def forget(self) -> None:
        """Look again at the next refresh."""
        self._looked_at = NEVER

    def _read(self) -> None:
        mark = WordListVersion.objects.filter(pk=THE_LIST).values_list("mark", flat=True).first()
        if mark != self._mark or not self._is_known:
            self._matchers = build_matchers()
            self._mark = mark
            self._is_known = True


NOTHING = Matcher()
word_list = WordList()


def build_matchers() -> dict[Direction, Matcher]:
    """Read the list; where it is the same in both directions, so is the matcher."""
    fields = ("pattern", "action", "pk", "category", "whole_word", "folded", "direction")
    rows = SensitiveWord.objects.filter(enabled=True).order_by("pk").values_list(*fields)
    words = [(Term(one[0], SEVERITIES[Action(one[1])], *one[2:6]), one[6]) for one in rows.iterator(chunk_size=5000)]
    phrases = [phrase.term for phrase in AllowedPhrase.objects.filter(enabled=True)]
    asked, answered = (
        [term for term, said in words if said in {direction, Direction.BOTH}]
        for direction in (Direction.INPUT, Direction.OUTPUT)
    )
    matcher = Matcher([*asked, *phrases] if asked else [])
    other = matcher if asked == answered else Matcher([*answered, *phrases] if answered else [])
    return {Direction.INPUT: matcher, Direction.OUTPUT: other}


def note_change() -> None:
    """Let every process read the list again; call it in the transaction that changes the list."""
    WordListVersion.objects.update_or_create(pk=THE_LIST, defaults={"mark": uuid4()})
    word_list.forget()
    transaction.on_commit(word_list.forget)


async def keep_current() -> None:
    """Follow the list, for as long as the process lives; while the database is away, the list stays as it is."""
    while True:
        try:
            await in_database(word_list.refresh)
        except DatabaseError as error:
            logger.warning("The list of words could not be read (%s); what was known stays.", type(error).__name__)
        await asyncio.sleep(LOOK_INTERVAL)
