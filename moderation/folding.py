"""One spelling for many: text as a reader sees it, so that a word is found however it is disguised.

Each character is decomposed (NFKD), case-folded, freed of what cannot be seen or only decorates (format and control
characters, combining marks), and Cyrillic and Greek letters that look like Latin ones become those. Characters are folded
one by one, so that a text can be folded in pieces, wherever it is cut.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

_UNSEEN = frozenset({"Cf", "Mn", "Me", "Cc"})
_SEEN_CONTROLS = frozenset("\t\n\v\f\r\x1c\x1d\x1e\x1f\x85")
"""Controls that separate words."""

_LOOK_ALIKES = str.maketrans(
    "\u0430\u0432\u0435\u0437\u0456\u0458\u043a\u043c\u043d\u043e\u0440\u0441\u0442\u0443\u0445\u0455\u04bb\u0501\u051b\u051d\u04cf"
    "\u03b1\u03b2\u03b3\u03b5\u03b6\u03b7\u03b9\u03ba\u03bc\u03bd\u03bf\u03c1\u03c3\u03c2\u03c4\u03c5\u03c7\u0131\u0251\u0261",
    "abe3ijkmhopctyxshdqwl" "abyeznikuvopssTux" "iag".replace("T", "t"),
)


@lru_cache(maxsize=8192)
def fold_character(character: str) -> str:
    """Fold one character; "" when nobody sees it."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", character).casefold())
    seen = [one for one in folded if one in _SEEN_CONTROLS or unicodedata.category(one) not in _UNSEEN]
    return "".join(seen).translate(_LOOK_ALIKES)


def fold(text: str) -> str:
    return "".join(map(fold_character, text))
