"""One spelling for what is searched and what is looked for: no capitals, no accents, no double spaces.

``search/index/postgresql.py`` says the same in SQL; a test holds the two together.
"""

from __future__ import annotations

import re
import unicodedata

MARKS = "\u0300-\u036f\u00ad\u200b\ufe0e\ufe0f"
"""Ranges of what is dropped once letters and their accents stand apart: accents, and what nobody sees."""
SPACES = "\u0001-\u0020\u007f-\u00a0\u1680\u2028\u2029"
"""Ranges of what parts words; all other spaces become one of these first."""
SAME = ("ςøłđı", "σoldi")
"""Letters that Unicode does not take apart, and what they are taken for."""

_MARK = re.compile(f"[{MARKS}]")
_SPACE = re.compile(f"[{SPACES}]+")
_SAME = str.maketrans(*SAME)


def fold(text: str) -> str:
    """Give a text the spelling in which it is compared."""
    return _SPACE.sub(" ", fold_letters(text)).strip(" ")


def fold_letters(text: str) -> str:
    """Fold all but the spaces; of ASCII each character stays where it is."""
    if text.isascii():
        return text.lower()
    bare = unicodedata.normalize("NFC", _MARK.sub("", unicodedata.normalize("NFKD", text)))
    return bare.lower().translate(_SAME).replace("ß", "ss")
