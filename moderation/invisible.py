"""Characters that nobody sees, so that nothing can hide between the letters of a word."""

from __future__ import annotations

import unicodedata

_UNSEEN = frozenset({"Cf", "Mn", "Me", "Cc", "Cs", "Zl", "Zp"})
_FILLERS = frozenset("\u115f\u1160\u17b4\u17b5\u2800\U0001d159")
"""They count as letters or symbols, and show nothing."""

_IGNORABLE = (
    *(range(0x2065, 0x2066), range(0xFFF0, 0xFFF9), range(0xE0000, 0xE1000)),
    range(0xFDD0, 0xFDF0),  # these and the last two of each plane are never to be characters
    *(range(plane + 0xFFFE, plane + 0x10000) for plane in range(0, 0x110000, 0x10000)),
)
"""Given to no character; Unicode has browsers show nothing there."""

_VISIBLE_CONTROLS = frozenset("\t\n")


def is_unseen(character: str) -> bool:
    """Tell whether a reader sees nothing of this character, neither a sign nor a gap."""
    code, category = ord(character), unicodedata.category(character)
    if category == "Cn":
        return any(code in one for one in _IGNORABLE)
    return (category in _UNSEEN and character not in _VISIBLE_CONTROLS) or character in _FILLERS
