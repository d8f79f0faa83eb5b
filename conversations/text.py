"""Lengths as a browser sees them, and text that every store can keep."""

from __future__ import annotations

import re

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def utf16_length(text: str) -> int:
    """Count UTF-16 code units, the unit of every offset in the protocol."""
    return len(text) + sum(character > "\uffff" for character in text) if not text.isascii() else len(text)


def cut_utf16(text: str, start: int) -> str:
    """Return the text from a UTF-16 offset on."""
    if text.isascii():
        return text[start:]
    return text.encode("utf-16-le")[2 * start :].decode("utf-16-le", errors="replace")


def storable(text: str) -> str:
    """Replace what PostgreSQL and UTF-8 cannot hold: NUL and lone surrogates."""
    return _UNSTORABLE.sub("\ufffd", text)


def is_storable(text: str) -> bool:
    return _UNSTORABLE.search(text) is None
