"""Cells that a spreadsheet takes for text, whatever people wrote."""

from __future__ import annotations

import re

_FORMULA = r"[\s']*[=+\-@＝＋－＠]"
_BEGINNING = rf"(?:^(?='*[\t\r\n])|(^|[;|\t\r\n])(?={_FORMULA}))"
_MARKED = rf"(?:^'(?='*[\t\r\n])|(^|[;|\t\r\n])'(?={_FORMULA}))"
_FORMULA_START = re.compile(_BEGINNING)
_MARKED_START = re.compile(_MARKED)


def harmless(cell: str) -> str:
    """Mark with an apostrophe where a formula would begin: in a cell, and in what is one elsewhere."""
    return _FORMULA_START.sub(lambda start: f"{start[0]}'", cell)


def as_written(cell: str) -> str:
    """Take the marks of :func:`harmless` away."""
    return _MARKED_START.sub(lambda start: start[1] or "", cell)
