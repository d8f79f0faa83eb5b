"""One spelling for many: text as a reader sees it, so that a word is found however it is disguised.

Each character is decomposed (NFKD), case-folded, freed of what cannot be seen or only decorates (format and control
characters, combining marks), and letters of other scripts that look like Latin ones become those. Any run of white
space is one space. Marks that tell words apart stay where they do: the vowels of Thai and Hindi, the dots of kana.

What is folded is known character by character, so that a text can be folded in pieces, wherever it is cut, and every
folded character can be traced to the one it came from.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

_UNSEEN = frozenset({"Cf", "Mn", "Me", "Cc"})
_BLANK_LETTERS = frozenset("\u115f\u1160\u17b4\u17b5\u2800")
"""Fillers that count as letters or symbols and show nothing."""

_TELLING_MARKS = (
    range(0x0900, 0x10A0),  # the scripts of India, Thai, Lao, Tibetan, Burmese
    range(0x1700, 0x1AB0),  # Philippine scripts, Khmer, Limbu, Buginese, Tai Tham
    range(0x1B00, 0x1C50),  # Balinese, Sundanese, Batak, Lepcha
    range(0x3099, 0x309B),  # the voicing of kana
    range(0xA800, 0xAC00),
)
_INVISIBLE_MARKS = range(0x180B, 0x1810)

_LOOK_ALIKES = {
    # Cyrillic
    **dict(zip("авезіјкмнорстухѕһԁԛԝӏҽ", "abe3ijkmhopctyxshdqwle", strict=True)),
    # Greek
    **dict(zip("αβγεζηικμνορςστυχϳ", "abyeznikuvopsstuxj", strict=True)),
    # Armenian
    **dict(zip("օսհոցյզ", "ouhngjq", strict=True)),
    # Latin with strokes, without dots, and small capitals
    **dict(zip("øłđħŧƀɨıɩȷɑɡ", "oldhtbiiijag", strict=True)),
    **dict(zip("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", "abcdefghijklmnoprstuvwyz", strict=True)),
    # White letters in black circles and squares, and the letters that flags are made of
    **{chr(0x1F150 + n): chr(0x61 + n) for n in range(26)},
    **{chr(0x1F170 + n): chr(0x61 + n) for n in range(26)},
    **{chr(0x1F1E6 + n): chr(0x61 + n) for n in range(26)},
}
_TO_LATIN = str.maketrans(_LOOK_ALIKES)


class Folder:
    """Folds a text that comes in pieces; ``last`` is the last folded character, "" at the beginning."""

    __slots__ = ("last",)

    def __init__(self, last: str = "") -> None:
        self.last = last

    def fold(self, text: str) -> tuple[str, list[int]]:
        """Fold the next piece; for each folded character give the index in ``text`` of the one it came from."""
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


@lru_cache(maxsize=16_384)
def fold_character(character: str) -> str:
    """Fold one character by itself; "" when nobody sees it."""
    if character.isspace():
        return " "
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", character).casefold())
    return "".join(filter(_is_seen, decomposed)).translate(_TO_LATIN)


def _is_seen(character: str) -> bool:
    return (unicodedata.category(character) not in _UNSEEN and character not in _BLANK_LETTERS) or _is_mark(character)


@lru_cache(maxsize=4096)
def _is_mark(character: str) -> bool:
    """Tell whether this is a combining mark that makes another word of the letters it is put on."""
    code = ord(character)
    return (
        code >= _TELLING_MARKS[0].start
        and unicodedata.category(character) == "Mn"
        and character not in _BLANK_LETTERS
        and code not in _INVISIBLE_MARKS
        and any(code in marks for marks in _TELLING_MARKS)
    )
