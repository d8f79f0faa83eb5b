"""Keeps inline text away from the patterns where they would take more than linear time.

Python-Markdown looks for the other end of every bracket, star and backtick by itself. That is harmless in what people
and models write and costs seconds in what attackers write. So a bracket without a partner is marked as plain before,
and a piece of text that has no measure at all is shown as it is typed.
"""

from __future__ import annotations

import re

from markdown.util import AtomicString

from .formulas import IN_TEXT, in_text
from .source import BRACKET

MAX_LENGTH = 20_000
MAX_MARKS = 1_000
MAX_WORD = 3_000
MAX_BRACKETS = 4
"""Brackets inside each other; an image in a link needs two."""

_MARK = re.compile(r"[*_`~\[<&\\]|!\[|:/|www\.")
_FORMULA = re.compile(IN_TEXT)
_BRACKETS = re.compile(r"[\[\]]")


def guarded(text: str) -> str:
    """Make the text safe to give to the inline patterns, or mark it so that they leave it alone."""
    if len(text) > MAX_LENGTH or (len(text) > MAX_MARKS and _is_hostile(text)):
        return AtomicString(text.replace("&", "&amp;"))
    return _mark_lonely_brackets(text) if text.count("[") > MAX_BRACKETS else text


def _is_hostile(text: str) -> bool:
    bare, formulas = _without_formulas(text)
    return len(_MARK.findall(bare)) + formulas > MAX_MARKS or max(map(len, bare.split()), default=0) > MAX_WORD


def _without_formulas(text: str) -> tuple[str, int]:
    """Leave out what the patterns never see, and count it; not where there is code, which is taken before formulas."""
    if "`" in text:
        return text, 0
    return _FORMULA.subn(lambda found: " " if in_text(found) else found[0], text)


def _mark_lonely_brackets(text: str) -> str:
    """Replace each ``[`` that has no ``]``, or is nested too deeply, by a character that no pattern knows."""
    opened: list[int] = []
    plain: set[int] = set()
    for found in _BRACKETS.finditer(text):
        if found[0] == "[":
            opened.append(found.start())
        elif opened:
            begin = opened.pop()
            if len(opened) >= MAX_BRACKETS:
                plain.add(begin)
    plain.update(opened)
    return "".join(BRACKET if index in plain else character for index, character in enumerate(text)) if plain else text
