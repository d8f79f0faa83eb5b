"""Answers of models that are kept for whoever asks the same: in Redis, or in the memory of the one process.

The name of an answer holds all that it depends on, so nothing is ever thrown out because something changed: what
changed is simply looked for under another name.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from django.core.cache import caches
from django.utils import timezone

from chatproject.errors import Unavailable

CACHE, CLAIMS = "faq", "default"
VERSION = 2
"""Of the names and of what is kept under them."""

LONGEST_ANSWER = 20_000
"""Characters; a longer answer is not kept."""


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    text: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Place:
    """Where the answer to one question is kept, and for how many seconds."""

    name: str
    seconds: int

    @classmethod
    def of(cls, seconds: int, **what: Any) -> Self:
        """Name a place by everything on which the answer depends; values are what JSON can write."""
        written = json.dumps([VERSION, what], sort_keys=True)
        return cls(hashlib.sha256(written.encode()).hexdigest(), seconds)

    def get(self) -> KeptAnswer | None:
        """Give what is kept here; None where nothing is, also while Redis is away."""
        try:
            kept = caches[CACHE].get(self.name)
        except Unavailable:
            return None
        return KeptAnswer(kept["text"], datetime.fromisoformat(kept["made_at"])) if kept else None

    def claim(self, asker: object) -> bool:
        """Let somebody fill this place: once in its time, however often they ask."""
        try:
            return bool(caches[CLAIMS].add(f"asked:{self.name}:{asker}", 1, self.seconds))
        except Unavailable:
            return False

    def put(self, text: str) -> bool:
        """Keep an answer that was made just now, and tell whether it is kept.

        What is here already stays; nothing, too much, and anything while Redis is away, is not kept.
        """
        if not text.strip() or len(text) > LONGEST_ANSWER:
            return False
        try:
            kept = {"text": text, "made_at": timezone.now().isoformat()}
            return bool(caches[CACHE].add(self.name, kept, self.seconds))
        except Unavailable:
            return False

    def drop(self) -> None:
        """Keep nothing here."""
        with suppress(Unavailable):
            caches[CACHE].delete(self.name)
