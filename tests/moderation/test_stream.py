"""The filter of streamed answers: the same for every way to cut a text, and nothing forbidden ever leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.folding import fold
from moderation.matcher import Matcher, Severity
from moderation.stream import MOST_FINDINGS, WORDS_AROUND, Filter
from tests.moderation.listing import MARKS, blocking, plain_filter, run, term

if TYPE_CHECKING:
    from moderation.matcher import Term

LETTERS = "abAB é\u200b\u0301ﬁfi ß\n각각1"
texts = st.text(alphabet=LETTERS, max_size=40)
patterns = st.text(alphabet="abfis 가1", min_size=1, max_size=5)


@st.composite
def term_lists(draw: st.DrawFn, *, whole: bool = True) -> list[Term]:
    words = st.sampled_from([False, whole])
    terms = st.builds(lambda p, a, w: term(p, a, whole_word=w), patterns, st.sampled_from(sorted(MARKS)), words)
    return draw(st.lists(terms, min_size=1, max_size=6))


@st.composite
def cut_texts(draw: st.DrawFn) -> list[str]:
    text = draw(texts)
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=12)))
    return [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]


@settings(max_examples=400)
@given(term_lists(), cut_texts())
def test_filter_gives_the_same_for_every_split(terms: list[Term], pieces: list[str]) -> None:
    matcher = Matcher(terms)
    whole, one = run(matcher, ["".join(pieces)])
    cut, many = run(matcher, pieces)
    assert cut == whole
    assert many.blocked == one.blocked
    assert [(f.term, f.matched) for f in many.findings] == [(f.term, f.matched) for f in one.findings]


@settings(max_examples=400)
@given(term_lists(whole=False), cut_texts())
def test_filter_does_what_the_plainest_filter_does(terms: list[Term], pieces: list[str]) -> None:
    terms = [one for one in terms if "가" not in one.pattern]  # whose syllables the plain one does not know
    assert run(Matcher(terms), pieces)[0] == plain_filter(terms, "".join(pieces))


@settings(max_examples=300)
@given(st.lists(patterns.filter(lambda p: p.strip()), min_size=1, max_size=5), cut_texts(), st.booleans())
def test_no_part_of_a_blocked_term_leaves(words: list[str], pieces: list[str], masks: bool) -> None:  # noqa: FBT001 - hypothesis gives it
    terms = [term(word, "mask" if masks else "block") for word in words if "가" not in word]
    here = Filter(lambda: Matcher(terms))
    text, left = "".join(pieces), ""
    for piece in pieces:
        left += here.feed(piece)
        assert plain_filter(terms, text).startswith(left)


@settings(max_examples=200)
@given(term_lists(), cut_texts())
def test_no_more_waits_than_could_become_a_hit(terms: list[Term], pieces: list[str]) -> None:
    matcher = Matcher(terms)
    here = Filter(lambda: matcher)
    given_text, left = "", ""
    for piece in pieces:
        given_text += piece
        left += here.feed(piece)
        if here.blocked or here.findings:
            return
        waiting = given_text[len(left) :]
        assert given_text.startswith(left)
        assert len(fold(waiting)) <= max(matcher.longest, 2)


def test_ordinary_text_does_not_wait_at_all() -> None:
    here = Filter(lambda: blocking("badword"))
    assert here.feed("A harmless answer.") == "A harmless answer."
    assert here.feed(" It was b") == " It was "
    assert here.feed("ad") == ""
    assert here.feed(" luck") == "bad luck"


@pytest.mark.parametrize("size", [1, 2, 3, 7, 50])
def test_block_ends_the_text_before_the_term(size: int) -> None:
    text = "First words, then B\u200bаD\u0301Word and more."
    matcher = Matcher([term("badword")])
    left, here = run(matcher, [text[i : i + size] for i in range(0, len(text), size)])
    assert left == "First words, then "
    assert here.blocked is not None
    assert here.feed("more") == ""
    assert here.findings[0].matched == "B\u200bаD\u0301Word"
    assert here.findings[0].before == "First words, then "


@pytest.mark.parametrize("size", [1, 2, 3, 7, 50])
def test_mask_takes_the_place_of_the_whole_term(size: int) -> None:
    text = "so b\u200bad\u0301! and badly"
    left, here = run(
        Matcher([term("bad", "mask", whole_word=True)]), [text[i : i + size] for i in range(0, len(text), size)]
    )
    assert left == "so •••! and badly"
    assert here.blocked is None
    assert [finding.term.severity for finding in here.findings] == [Severity.MASK]
    assert here.findings[0].after.endswith("! and badly")


def test_flag_passes_and_is_noted_with_the_words_around() -> None:
    text = "x" * 500 + " bad " + "y" * 500
    left, here = run(Matcher([term("bad", "flag")]), [text])
    assert left == text
    assert (len(here.findings[0].before), here.findings[0].matched) == (WORDS_AROUND, "bad")
    assert len(here.findings[0].after) == WORDS_AROUND


def test_whole_word_at_the_very_end_waits_for_the_next_character() -> None:
    matcher = blocking("bad", whole_word=True)
    here = Filter(lambda: matcher)
    assert here.feed("so bad") == "so "
    assert here.feed("ly") == "badly"
    assert here.feed(", bad") == ", "
    assert here.finish() == ""
    assert here.blocked is not None


def test_filter_goes_on_after_what_was_said() -> None:
    matcher = blocking("bad", whole_word=True)
    assert run(matcher, ["bad."], before="for")[0] == "bad."
    assert run(matcher, ["bad."], before="for ")[0] == ""


def test_list_that_changes_counts_for_a_text_in_flight() -> None:
    matchers = [Matcher()]
    here = Filter(lambda: matchers[-1])
    assert here.feed("bad ") == "bad "
    matchers.append(blocking("bad"))
    assert here.feed("luck, ba") == "luck, "
    assert here.feed("d") + here.finish() == ""
    assert here.blocked is not None


def test_each_term_is_described_once_and_the_strictest_are_kept() -> None:
    flagged = [term(f"word{number:02}", "flag") for number in range(MOST_FINDINGS + 5)]
    matcher = Matcher([*flagged, term("bad", "mask")])
    text = " ".join(one.pattern for one in flagged) + " bad bad bad"
    _, here = run(matcher, [text])
    assert here.hits == len(flagged) + 3
    assert len(here.findings) == MOST_FINDINGS
    assert [finding.term.pattern for finding in here.findings][-1] == "bad"
    _, repeated = run(Matcher([term("the", "flag")]), ["the " * 10_000])
    assert (repeated.hits, len(repeated.findings)) == (10_000, 1)


@pytest.mark.parametrize(("pattern", "words"), [("e", False), ("le", False), ("ж", False), ("bad", True), ("傻", True)])
@pytest.mark.parametrize("size", [1, 100])
def test_what_is_found_everywhere_keeps_no_words_around(pattern: str, words: bool, size: int) -> None:  # noqa: FBT001 - a parameter
    text = f"my secret {pattern} and more"
    _, here = run(Matcher([term(pattern, "flag")]), [text[i : i + size] for i in range(0, len(text), size)])
    found = here.findings[0]
    assert bool(found.before) is bool(found.after) is words
    assert found.matched == pattern


def test_what_nobody_sees_after_a_mask_is_hidden_with_it() -> None:
    """Also where it comes later, and the mask ends within a character that stands for two letters."""
    matcher = Matcher([term("f", "mask"), term("1i", "mask")])
    for pieces in (["ﬁ\u200b\u0301 a"], ["ﬁ", "\u200b", "\u0301 a"], ["ﬁ", "", "\u200b\u0301", " a"]):
        assert run(matcher, pieces)[0] == "• a"
