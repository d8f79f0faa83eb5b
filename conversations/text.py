"""Lengths as a browser sees them, and text that every store can keep."""

from __future__ import annotations

from django.utils.translation import gettext as _

from chatproject.errors import BadRequest
from chatproject.numbers import grouped
from chatproject.text import is_storable, storable
from conversations.protocol import MAX_TEXT_LENGTH

__all__ = ["cut_utf16", "is_storable", "require_sendable", "storable", "utf16_length"]


def utf16_length(text: str) -> int:
    """Count UTF-16 code units, the unit of every offset in the protocol."""
    return len(text) + sum(character > "\uffff" for character in text) if not text.isascii() else len(text)


def cut_utf16(text: str, start: int) -> str:
    """Return the text from a UTF-16 offset on."""
    if text.isascii():
        return text[start:]
    return text.encode("utf-16-le")[2 * start :].decode("utf-16-le", errors="replace")


def require_sendable(text: str, *, has_files: bool = False) -> None:
    """Raise BadRequest for a message that is empty, too long, or not to be stored as it is; files need no words."""
    if not text.strip() and not has_files:
        raise BadRequest(_("Write something first."))
    if len(text) > MAX_TEXT_LENGTH:
        raise BadRequest(
            _("This message has %(length)s characters; at most %(most)s can be sent. Your draft is kept.")
            % {"length": grouped(len(text)), "most": grouped(MAX_TEXT_LENGTH)}
        )
    if not is_storable(text):
        raise BadRequest(_("This message holds a character that cannot be stored. Your draft is kept."))
