"""What one file may cost."""

from __future__ import annotations

import resource

MEGABYTE = 1 << 20
SECONDS = 30
MEMORY = 512 * MEGABYTE
PICTURE_MEMORY = 768 * MEGABYTE
"""The largest picture that is taken has 160 MB, and is there up to four times while it is decoded."""

LARGEST_FILE = 20 * MEGABYTE
LONGEST_TEXT = 200_000
"""Characters of a document that are kept for the model."""

MOST_PIXELS = 40_000_000
MOST_PAGES = 2_000
MOST_ENTRIES = 1_000
LARGEST_UNPACKED = 100 * MEGABYTE


class Unreadable(Exception):
    """A file cannot be taken; the words are for people, and still need its name."""


def gettext_noop(words: str) -> str:
    """Mark words for translation; whoever asked for the file translates them, this process knows no language."""
    return words


def confine(memory: int) -> None:
    """Take from this process what it does not need; the kernel holds it to that."""
    for what, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 64),
    ):
        resource.setrlimit(what, (most, most))
