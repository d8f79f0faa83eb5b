"""Lengths as a browser sees them, and text that every store can keep."""

from __future__ import annotations

import re

from chatproject.errors import BadRequest
from conversations.protocol import MAX_TEXT_LENGTH

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


def require_sendable(text: str) -> None:
    """Raise BadRequest for a message that is empty, too long, or not to be stored as it is."""
    if not text.strip():
        raise BadRequest("Write something first.")
    if len(text) > MAX_TEXT_LENGTH:
        raise BadRequest(
            f"This message has {len(text):,} characters; at most {MAX_TEXT_LENGTH:,} can be sent. Your draft is kept."
        )
    if not is_storable(text):
        raise BadRequest("This message holds a character that cannot be stored. Your draft is kept.")
