"""One spelling for many: text as a reader sees it, so that a word is found however it is disguised.

Each character is decomposed (NFKD), freed of what cannot be seen or only decorates (format and control characters,
combining marks), and becomes the Latin letter that it looks like, or else its small letter. Each case has a look of its
own: a Greek capital Ν is an n, and a small ν is a v. Any run of white space is one space. Marks that tell words apart
stay where they do: the vowels of Thai and Hindi, the dots of kana.

What is folded is known character by character, so that a text can be folded in pieces, wherever it is cut, and every
folded character can be traced to the one it came from.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from moderation.invisible import is_unseen
from moderation.look_alikes import LOOKS

_TELLING_MARKS = (
    range(0x0900, 0x10A0),  # the scripts of India, Thai, Lao, Tibetan, Burmese
    range(0x1700, 0x1AB0),  # Philippine scripts, Khmer, Limbu, Buginese, Tai Tham
    range(0x1B00, 0x1C50),  # Balinese, Sundanese, Batak, Lepcha
    range(0x3099, 0x309B),  # the voicing of kana
    range(0xA800, 0xAC00),
)
_STRETCHES = frozenset("\u0640\u07fa")
"""The lines that draw out the words of Arabic and N'Ko, between any two letters."""

_INVISIBLE_MARKS = range(0x180B, 0x1810)
_UNTELLING = frozenset("\u17b4\u17b5")

_LATIN_NAME = re.compile(
    r"LATIN (?:SMALL |CAPITAL )?LETTER "
    r"(?:(?:SMALL|CAPITAL|TURNED|REVERSED|OPEN|DOTLESS|SCRIPT|AFRICAN|BARRED|INSULAR) )*"
    r"([A-Z])(?: WITH .+)?"
)
"""Latin letters with strokes, hooks and tails, turned ones and small capitals: the letter stands in the name."""

_LATIN_LOOKS = {"ɯ": "w", "ʀ": "r", "ƅ": "b", "ƨ": "s", "ƽ": "s", "ƍ": "g", "ɩ": "i", "ʋ": "u", "ɣ": "y", "ɑ": "a"}
_CASES = (str.lower, str.upper, str.title, str.casefold)
_IRREGULAR = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]|\s\s")
_ASCII = {**{code: code + 32 for code in range(0x41, 0x5B)}, 0x09: 0x20, 0x0A: 0x20}


class Folder:
    """Folds a text that comes in pieces; ``last`` is the last folded character, "" at the beginning."""

    __slots__ = ("last",)

    def __init__(self, last: str = "") -> None:
        self.last = last

    def fold(self, text: str) -> tuple[str, list[int]]:
        """Fold the next piece; for each folded character give the index in ``text`` of the one it came from."""
        if text.isascii() and not _IRREGULAR.search(text) and not (self.last == " " and text[:1].isspace()):
            folded = text.translate(_ASCII)
            self.last = folded[-1:] or self.last
            return folded, list(range(len(text)))
        return self._fold(text)

    def _fold(self, text: str) -> tuple[str, list[int]]:
        folded: list[str] = []
        origins: list[int] = []
        last = self.last
        for index, character in enumerate(text):
            for one in fold_character(character):
                if (one == " " and last == " ") or (last.isascii() and _is_mark(one)):
                    continue
                folded.append(one)
                origins.append(index)
                last = one
        self.last = last
        return "".join(folded), origins


def fold(text: str) -> str:
    return Folder().fold(text)[0]


def fold_pattern(text: str) -> str:
    """Fold what is to be looked for, without the white space around it."""
    return fold(text).strip(" ")


def without_marks(text: str) -> str:
    """Write the word in which this one is found because marks on letters are folded away; "" where there are none."""
    small = unicodedata.normalize("NFC", text.lower()).replace("i\u0307", "i")
    bare = unicodedata.normalize("NFC", "".join(map(_bare, small)))
    return "" if bare == small else bare


def list_spellings(pattern: str, folded: str) -> list[str]:
    """List how a pattern may be folded, depending on the case that somebody writes it in.

    A Greek word looks otherwise in capitals: ν is no Ν, nor is σ at its end a ς. ``folded`` is the pattern as it
    stands, folded.
    """
    if pattern.isascii():
        return [folded]
    return list(dict.fromkeys([folded, *(fold_pattern(case(pattern)) for case in _CASES)]))


@lru_cache(maxsize=16_384)
def fold_character(character: str) -> str:
    """Fold one character by itself; "" when nobody sees it."""
    if not _is_seen(character):
        return ""
    if character.isspace():
        return " "
    return LOOKS.get(character) or "".join(
        _look(one) for one in unicodedata.normalize("NFKD", character) if _is_seen(one)
    )


def _look(character: str) -> str:
    """Give the Latin letter that one decomposed character looks like, or its small letter."""
    if look := LOOKS.get(character):
        return look
    small = "".join(filter(_is_seen, unicodedata.normalize("NFKD", character.casefold())))
    if len(small) != 1:
        return small
    return LOOKS.get(small) or LOOKS.get(small.upper()) or _latin_look(small)


def _bare(small: str) -> str:
    name = "" if small.isascii() else unicodedata.name(small, "")
    if name.startswith("LATIN ") and (" WITH " in name or " DOTLESS " in name):
        return fold_character(small)
    parts = unicodedata.normalize("NFD", small)
    return "".join(one for one in parts if unicodedata.category(one) != "Mn" or fold_character(one))


def _latin_look(small: str) -> str:
    found = None if small.isascii() else _LATIN_NAME.fullmatch(unicodedata.name(small, ""))
    return _LATIN_LOOKS.get(small) or (found[1].lower() if found else small)


def _is_seen(character: str) -> bool:
    return not (is_unseen(character) or character in _STRETCHES) or _is_mark(character)


@lru_cache(maxsize=4096)
def _is_mark(character: str) -> bool:
    """Tell whether this is a combining mark that makes another word of the letters it is put on."""
    code = ord(character)
    return (
        code >= _TELLING_MARKS[0].start
        and unicodedata.category(character) == "Mn"
        and character not in _UNTELLING
        and code not in _INVISIBLE_MARKS
        and any(code in marks for marks in _TELLING_MARKS)
    )
