"""Which matches are hits: whole words in many scripts, allowed phrases, one hit inside another."""

from __future__ import annotations

import pytest

from moderation.matcher import Matcher
from tests.moderation.listing import blocking, catches, run, term

SCUNTHORPE = (
    "Scunthorpe, Penistone, Clitheroe, Lightwater, Arsenal, Sussex, Essex, Middlesex, assassin, classic, assume, bass",
    "grass, passage, embarrass, compass, cockpit, cocktail, peacock, Hitchcock, Dickens, shitake, analysis, canal",
    "therapist, grape, drape, Matsushita, mishit, Cumberland, document, cucumber, circumstance, titles, constitution",
    "Titanic, hello, shell, Uranus, sextant, unisex, basement, butterfly, button, rebuttal, Wang, medieval",
)
RUDE = (
    *("cunt", "penis", "clit", "twat", "arse", "sex", "ass", "cock", "dick", "shit", "anal", "rapist", "rape", "cum"),
    *("tit", "hell", "anus", "butt", "wank", "evil"),
)


@pytest.mark.parametrize("words", SCUNTHORPE)
def test_harmless_words_that_contain_another_pass(words: str) -> None:
    assert not catches(blocking(*RUDE, whole_word=True), words)
    assert catches(blocking(*RUDE), words)


@pytest.mark.parametrize("word", ["Scunthorpe", "assassin", "classic", "Essex"])
def test_allowed_phrase_protects_what_is_inside_it(word: str) -> None:
    terms = [term(rude) for rude in RUDE]
    assert catches(Matcher(terms), word)
    assert not catches(Matcher([*terms, term(word, "allow")]), f"in {word.upper()}.")
    assert catches(Matcher([*terms, term(word, "allow")]), f"in {word} ass")


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("bad", "bad"),
        ("bad", "so bad."),
        ("bad", "(bad)"),
        ("bad", "_bad_ or **bad**"),
        ("bad", "b\u200bad"),
        ("bad", "中bad文"),
        ("c++", "I like c++."),
        ("c++", "c++11"),
        ("傻瓜", "你是傻瓜吗"),
        ("ばか", "このばかもの"),
        ("바보", "바보는"),
        ("โง่", "คนโง่มาก"),
        ("дурак", "Ты дурак, да"),
        ("βλάκας", "είσαι ΒΛΆΚΑΣ."),
        ("बुरा", "यह बुरा है"),
        ("two words", "in two\n  words"),
        ("a.*b", "is a.*b a pattern"),
    ],
)
def test_whole_word_is_found(pattern: str, text: str) -> None:
    assert catches(blocking(pattern, whole_word=True), text)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("bad", "badly"),
        ("bad", "bad\u200bly"),
        ("bad", "forbad"),
        ("bad", "bad1"),
        ("дурак", "дурака"),
        ("का", "काम"),
        ("가", "각"),  # inside a syllable
        ("ばか", "はか"),
        ("a.*b", "aXXb"),
        ("bad", "b a d"),
    ],
)
def test_whole_word_is_not_found_inside_another(pattern: str, text: str) -> None:
    assert not catches(blocking(pattern, whole_word=True), text)


def test_outer_hit_counts_once_and_the_stricter_inner_one_too() -> None:
    text = "a big badword here"
    found = run(Matcher([term("bad", "mask"), term("big badword", "mask")]), [text])[1].findings
    assert [one.term.pattern for one in found] == ["big badword"]
    found = run(Matcher([term("bad", "mask"), term("big badword", "flag")]), [text])[1].findings
    assert [one.term.pattern for one in found] == ["big badword", "bad"]


def test_matcher_without_terms_finds_nothing() -> None:
    assert run(Matcher(), ["any", "thing"])[0] == "anything"
    assert Matcher([term("\u200b")]).is_empty


def test_of_terms_within_terms_only_what_may_count_is_told() -> None:
    nested = Matcher([term("a" * length, "mask") for length in range(1, 101)])
    text = "a" * 2_000
    assert len(list(nested.matches(text))) <= len(text)
    left, here = run(nested, [text])
    assert left == "•" * len(text)
    assert {finding.term.folded for finding in here.findings} <= {"a" * length for length in range(1, 101)}
    stricter = Matcher([term("baaa", "flag"), term("aaa", "mask"), term("aa", "mask"), term("a", "block")])
    assert [match.term.folded for match in stricter.matches("baaa")][-3:] == ["baaa", "aaa", "a"]


def test_whole_word_that_does_not_count_hides_nothing_shorter() -> None:
    matcher = Matcher([term("badword", "mask", whole_word=True), term("word", "mask")])
    assert run(matcher, ["xbadword"])[0] == "xbad••••"
