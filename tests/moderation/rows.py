"""Entries of the list, for tests."""

from __future__ import annotations

from typing import Any

from moderation.models import Action, SensitiveWord
from moderation.words import note_change


def add_word(pattern: str, action: str = Action.BLOCK, **fields: Any) -> SensitiveWord:
    word = SensitiveWord.objects.create(pattern=pattern, action=action, category="insults", **fields)
    note_change()
    return word


def add_words(**actions: str) -> None:
    for pattern, action in actions.items():
        add_word(pattern, action)
