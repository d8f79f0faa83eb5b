"""Titles and names: one plain line."""

from __future__ import annotations

import html
import re
import unicodedata

import bleach

ELLIPSIS = "…"
MAX_MARKS = 4
"""Marks on one letter: Hebrew and Tibetan come to four, beyond that it is a joke or an attack."""

_READ = 25
"""Characters read for each one shown: what stands after them cannot matter, and bleach is slow."""

_EMOJI = "\u2600-\u27bf\U0001f000-\U0001faff"
_JOINED_EMOJI = re.compile(f"(?<=[{_EMOJI}\ufe0f])\u200d(?=[{_EMOJI}])")
_JOINER = "\ufdd1"
# Signs that stand before a number and are seen, though Unicode files them under format characters.
_SEEN = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u08e2")


def plain_title(text: str, limit: int = 80) -> str:
    """At most ``limit`` characters of plain text on one line, to be escaped by whoever shows it; may be empty.

    Markup goes where there is a closing tag. A lone ``<`` or ``<div>`` is what people write about, and stays.
    """
    text = text[: limit * _READ]
    if "</" in text:
        text = html.unescape(bleach.clean(text, tags=[], strip=True))
    return _cut(" ".join(_visible(text).split()), limit)


def _visible(text: str) -> str:
    """Without control characters, direction overrides, zero-width characters and towers of combining marks."""
    text = unicodedata.normalize("NFC", _JOINED_EMOJI.sub(_JOINER, text))
    kept: list[str] = []
    marks = 0
    for character in text:
        category = unicodedata.category(character)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if character == _JOINER:
            kept.append("\u200d")
        elif category in ("Cc", "Zl", "Zp"):
            kept.append(" ")
        elif marks <= MAX_MARKS and (category not in ("Cf", "Cs", "Co", "Cn") or character in _SEEN):
            kept.append(character)
    return "".join(kept)


def _cut(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    room = limit - len(ELLIPSIS)
    head = text[:room]
    border = head.rfind(" ") if text[room] != " " else room
    if border < room // 2:  # one long word, or a script without spaces
        border = room
        while border > 1 and (unicodedata.combining(text[border]) or text[border] in "\ufe0f\u200d"):
            border -= 1
    return head[:border].rstrip(" ,;:–—-\u200d") + ELLIPSIS
