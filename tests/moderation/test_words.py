"""The list as a process knows it: read again when it changes, without anybody waiting for that."""

from __future__ import annotations

import hashlib
import threading

import pytest

from moderation.folding import fold_character
from moderation.look_alikes import LOOKS
from moderation.models import Direction, SensitiveWord
from moderation.words import WordList
from tests.moderation.rows import add_word

pytestmark = pytest.mark.django_db


def finds(known: WordList, text: str) -> bool:
    return any(True for _ in known.matcher(Direction.INPUT).matches(text))


def test_nobody_waits_while_the_list_is_read_again() -> None:
    known = WordList()
    add_word("bad")
    known.refresh()
    add_word("worse")
    known.forget()
    with known._lock:  # as the thread has it that reads
        caller = threading.Thread(target=known.refresh)
        caller.start()
        caller.join(timeout=10)
        assert not caller.is_alive()
        assert finds(known, "bad"), "what was known counts meanwhile"
        assert not finds(known, "worse")
    known.refresh()
    assert finds(known, "worse")


def test_list_is_built_of_what_is_stored_folded() -> None:
    word = add_word("ΝΑΖΙ")
    SensitiveWord.objects.filter(pk=word.pk).update(folded="as stored")
    known = WordList()
    known.refresh()
    assert finds(known, "as stored")


def test_folding_is_the_one_that_stored_entries_were_folded_with() -> None:
    """Entries keep how they were folded: who changes the folding adds a migration that folds them again."""
    letters = [*map(chr, range(0x0590)), *sorted(LOOKS)]  # which no later Unicode changes
    every = "\n".join(fold_character(letter) for letter in letters)
    assert (
        hashlib.sha256(every.encode()).hexdigest() == "fe19d81f35a8c016a7a35f17636f6388c4b9a5b1c0e691c923bf2d9ff20ccf39"
    )
