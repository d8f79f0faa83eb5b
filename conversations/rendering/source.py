"""The text as it may be rendered, and the borders at which a growing text may be cut."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chatproject.text import REMOVED

from .blocks import BlockParser

if TYPE_CHECKING:
    from .nodes import Block

MAX_BLOCKS = 20_000
MAX_OPEN_LINES = 2_000

BRACKET = "\ufdd0"
"""Stands for ``[`` where it cannot begin a link; no text that was cleaned contains it."""

# Not lone surrogates (no encoding has them), not what Python-Markdown marks its places with (STX, ETX), not the rest
# of the control characters: people cannot see them, and they hide things from patterns. CR goes, as in CRLF. The list
# of words takes the same ones for nothing.
_UNWANTED = re.compile(f"[{REMOVED}]")


class TooComplexError(Exception):
    """The text has more blocks than anybody would read."""


def clean(text: str) -> str:
    """Return the text without control characters and lone surrogates; the number of its lines stays."""
    return _UNWANTED.sub("", text)


def parse(text: str) -> list[Block]:
    """Return the blocks of a whole text that was cleaned; raises TooComplexError beyond MAX_BLOCKS."""
    parser = BlockParser()
    for line in text.removesuffix("\n").split("\n"):
        parser.feed(line)
        if parser.count > MAX_BLOCKS:
            raise TooComplexError
    return parser.blocks


def closed_length(text: str, start: int = 0) -> int:
    """Where the closed blocks of a growing text end, in code points, counted from its beginning.

    ``text[start:]`` must begin at a border, that is, at 0 or at an earlier answer. Whatever is appended to the text,
    the blocks before the answer render as they do now (a link whose reference is defined later is the one exception).
    Costs time in proportion to ``len(text) - start``; a block of more than MAX_OPEN_LINES lines that is not a plain
    code block is left open for good, so that one endless list cannot cost more and more.
    """
    lines = text[start:].split("\n")
    del lines[-1]
    parser = BlockParser()
    borders = [start]
    for line in lines:
        parser.feed(clean(line))
        borders.append(borders[-1] + len(line) + 1)
        if parser.open_lines > MAX_OPEN_LINES:
            break
    return borders[parser.blocks[-1].first] if parser.is_open else borders[-1]
