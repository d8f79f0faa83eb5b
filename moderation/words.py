"""The list as this process knows it: one matcher a direction, built in a thread and replaced whole.

Every process looks at the mark of the list each two seconds and reads it again when it is another one.
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
from moderation.matcher import Matcher
from moderation.models import AllowedPhrase, Direction, SensitiveWord, WordListVersion

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

logger = logging.getLogger(__name__)

LOOK_INTERVAL = 2.0
THE_LIST = 1


class WordList:
    """What is found in each direction; reading never waits and works from any thread."""

    def __init__(self) -> None:
        self._matchers: Mapping[Direction, Matcher] = {}
        self._mark: UUID | None = None
        self._looked_at: float | None = None
        self._lock = threading.Lock()

    def matcher(self, direction: Direction) -> Matcher:
        return self._matchers.get(direction) or NOTHING

    def refresh(self, *, at_most: float = 0.0) -> None:
        """Read the list again if it changed and was not looked at for ``at_most`` seconds; for a database thread."""
        with self._lock:
            now = time.monotonic()
            if self._looked_at is not None and now - self._looked_at < at_most:
                return
            mark = WordListVersion.objects.filter(pk=THE_LIST).values_list("mark", flat=True).first()
            if mark != self._mark or self._looked_at is None:
                self._matchers = build_matchers()
                self._mark = mark
            self._looked_at = now

    def forget(self) -> None:
        """Look again at the next refresh."""
        self._looked_at = None


NOTHING = Matcher()
word_list = WordList()


def build_matchers() -> dict[Direction, Matcher]:
    words = list(SensitiveWord.objects.filter(enabled=True).order_by("pk"))
    phrases = [phrase.term for phrase in AllowedPhrase.objects.filter(enabled=True)]
    built = {}
    for direction in (Direction.INPUT, Direction.OUTPUT):
        terms = [word.term for word in words if word.direction in {direction, Direction.BOTH}]
        built[direction] = Matcher([*terms, *phrases] if terms else [])
    return built


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
