"""What a word may be disguised as, and what must stay apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.folding import Folder, fold, fold_pattern
from tests.moderation.listing import blocking, catches

ALPHABETS = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=60)


@pytest.mark.parametrize(
    "disguise",
    [
        "BadWord",
        "bad\u200bword",
        "b\u200da\u2060d\ufeffword",
        "bad\u00adword",
        "ｂａｄｗｏｒｄ",
        "b\u0336a\u0336d\u0336w\u0336o\u0336r\u0336d\u0336",
        "ba\u0301dwo\u0308rd",
        "bádwörd",
        "bаdwоrd",  # Cyrillic а, о
        "bαdwοrd",  # Greek α, ο
        "𝐛𝐚𝐝𝐰𝐨𝐫𝐝",
        "𝔟𝔞𝔡𝔴𝔬𝔯𝔡",
        "ⓑⓐⓓⓦⓞⓡⓓ",
        "🅱🅰🅳🆆🅾🆁🅳",
        "ʙᴀᴅᴡᴏʀᴅ",
        "bad\u0e31word",  # a Thai vowel on a Latin letter
        "bad\u3164word",  # a filler that shows nothing
        "bad\ufe0fword",
        "bad\U000e0061word",
        "bad\u202eword",
        "bad\x00word",
    ],
)
def test_fold_sees_through_a_disguise(disguise: str) -> None:
    assert fold(disguise) == "badword"


@pytest.mark.parametrize(
    ("disguise", "word"),
    [
        ("ΝΑΖΙ", "nazi"),  # Greek capitals
        ("Ηate", "hate"),
        ("Μoney", "money"),
        ("ΗΕΙL", "heil"),
        ("Ηeil", "heil"),
        ("fuϲk", "fuck"),  # the lunate sigma
        ("ϹΟϹΚ", "cock"),
        ("νagina", "vagina"),  # small Greek ν
        ("fυck", "fuck"),
        ("НАТЕ", "hate"),  # Cyrillic
        ("ьаd", "bad"),
        ("ⱥȼɇɍƶ", "acerz"),  # strokes
        ("ɓɗƒ", "bdf"),  # hooks
        ("bɐd", "bad"),
        ("ꓐꓮꓓ", "bad"),  # Lisu
        ("ᏴᎪᎠ", "bad"),  # Cherokee
        ("🆎d", "abd"),
        ("b🅐d", "bad"),
        ("pοrη", "porn"),
    ],
)
def test_fold_takes_a_letter_for_what_its_own_case_looks_like(disguise: str, word: str) -> None:
    assert fold(disguise) == word


@pytest.mark.parametrize("word", ["ναζί", "μπάτσος", "ηλίθιος", "дурак", "խենթ", "straße"])
def test_word_of_another_script_is_found_in_each_case(word: str) -> None:
    for written in (word, word.upper(), word.title()):
        for listed in (word, word.upper()):
            assert catches(blocking(listed, whole_word=True), f"«{written}»")


@pytest.mark.parametrize(
    ("word", "disguise"),
    [
        ("كلب", "كـــلـب"),  # drawn out
        ("كلب", "کلب"),  # with the letter of a Persian keyboard
        ("كبير", "كبیر"),
        ("سكرانه", "سكرانہ"),
        ("σκύλος", "σκύλοσ"),
        ("ΣΚΎΛΟΣ", "σκυλοσ"),
    ],
)
def test_word_of_another_script_is_found_in_disguise(word: str, disguise: str) -> None:
    assert catches(blocking(word, whole_word=True), disguise)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("علي", "على"),  # a name, and "on"
        ("ばか", "はか"),  # a fool, a grave
        ("กิน", "กัน"),
        ("की", "का"),
        ("कु", "क"),
        ("가", "나"),
        ("bad", "bat"),
        ("a b", "ab"),
    ],
)
def test_fold_keeps_words_apart(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Straße", "strasse"),
        ("İstanbul", "istanbul"),
        ("ﬁne", "fine"),
        ("a \n\t\u3000 b", "a b"),
        ("½", "1⁄2"),
        ("", ""),
    ],
)
def test_fold_has_one_spelling(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_fold_pattern_has_no_space_around_it() -> None:
    assert fold_pattern("  Bad \u200b Word\n") == "bad word"
    assert fold_pattern(" \u200b\t") == ""


@given(ALPHABETS, st.integers(0, 60))
def test_fold_is_the_same_in_pieces(text: str, cut: int) -> None:
    folder = Folder()
    assert folder.fold(text[:cut])[0] + folder.fold(text[cut:])[0] == fold(text)


@given(ALPHABETS)
def test_fold_traces_every_character_back(text: str) -> None:
    folded, origins = Folder().fold(text)
    assert len(origins) == len(folded)
    assert origins == sorted(origins)
    assert all(0 <= origin < len(text) for origin in origins)
