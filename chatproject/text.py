"""Text that every store keeps, and that everybody reads as it is."""

from __future__ import annotations

import re
import unicodedata

REMOVED = "\x00-\x08\x0b-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff"
"""What no page of ours shows, as the inside of a character class: the renderer takes it out of every text."""

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_BREAK = re.compile("\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_UNSEEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs"})


def storable(text: str) -> str:
    """Replace what PostgreSQL and UTF-8 cannot hold: NUL and lone surrogates."""
    return _UNSTORABLE.sub("\ufffd", text)


def is_storable(text: str) -> bool:
    return _UNSTORABLE.search(text) is None


def one_line(text: str) -> str:
    """Write text so that it cannot look like more than it is: breaks as signs, and nothing that hides or turns it."""
    return "".join(one for one in _BREAK.sub("⏎", text) if unicodedata.category(one) not in _UNSEEN)
