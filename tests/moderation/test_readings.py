"""What a page shows is what is looked through: marks of Markdown, entities, links, and characters that nobody sees."""

from __future__ import annotations

import html
import re
import sys
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from conversations.rendering import render_question
from conversations.rendering.answers import render_answer
from moderation.folding import fold, fold_character
from moderation.matcher import Matcher
from moderation.readings import LONGEST_MARK
from moderation.stream import Filter
from tests.moderation.listing import blocking, catches, run, term

PIECES = (
    *("b", "a", "d", "ad", "ba", " ", "\n", "*", "**", "_", "`", "~~", "[", "]", "(", ")", "](x)", "](http://x.org)"),
    *("&", "&shy;", "&#97;", "&#x62;", "&am", "p;", "a&", "#", "\\", "!", "<b>", "><", "_a_", "\u200b"),
    *("![", '](u "t)")', "](<u)>)", "](u\\))", "](a(b(c)))", "](u\n't')", "](u (t) )", '"', "](u ", "\\)"),
)
texts = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)
HIDDEN = (
    *("b&#97;d", "b&#x61;d", "b&#000097;d", "ba&shy;d", "ba&#8203;d", "ba&zwnj;d", "b&aacute;d", "ba&#xAD;&shy;d"),
    *("b**a**d", "b*a*d", "**b**ad", "b`a`d", "b~~a~~d", "~~ba~~d", "b***a***d", "ba\u2028d"),
    *("b[a](https://x.org)d", "[b](x)[a](y)[d](z)", "b[a][1]d", 'b[ad](https://x.org "title")', "[ba](u(v)w)d"),
    *('b[a](u "t)")d', "[ba](u 't(')d", "[ba](<http://x/)>)d", "[ba](http://x/\\))d", "[ba](http://x/(a(b(c))))d"),
    *('[b](u\n"t")ad', "[b](\nhttp://x/)ad", "b![a](u)d", "b![a][1]d", "[ba][1\n2]d", "[ba][1\\]]d"),
    *("b*&#97;*d", "ba\x1fd", "ba\x0bd", "ba\x85d", "ba\ufdd0d", "ba\uffffd", "ba\u2065d", "ba\U000e0080d"),
)


def shown_by(blocks: list[str]) -> str:
    return html.unescape("\n".join(re.sub("<[^>]*>", "", block) for block in blocks))


@pytest.mark.parametrize("text", HIDDEN)
@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
def test_word_is_found_as_a_page_shows_it(text: str, size: int) -> None:
    text = f"So {text} it is"
    left, here = run(blocking("bad"), [text[i : i + size] for i in range(0, len(text), size)])
    assert here.blocked is not None
    assert "So ".startswith(left.rstrip("*[~`"))


@pytest.mark.parametrize("text", ["b](b**a**d)", "b](b&#97;d)", "b][b`a`d]", 'b](u "b*a*d")', "b](x[b](b~~a~~d))"])
@pytest.mark.parametrize("size", [1, 3, 100])
def test_word_is_found_behind_what_only_looks_like_the_end_of_a_link(text: str, size: int) -> None:
    listed = [term("bad"), term("b", "flag")]
    left, here = run(Matcher(listed), [text[i : i + size] for i in range(0, len(text), size)])
    assert here.blocked == listed[0]
    assert not re.search("a.*d", left)


@pytest.mark.parametrize(
    "text", ["bad **word**", "*bad* word", "_bad_ word", "bad _word_", "[bad](x) word", "bad&nbsp;word"]
)
def test_phrase_is_found_whatever_is_emphasised(text: str) -> None:
    assert catches(blocking("bad word", whole_word=True), text)


@pytest.mark.parametrize(
    "pattern", ["c++", "f*ck", "s**t", "a_b", "[x]", "`rm`", "R&amp;D", "a&b", "**", "https://bad.example"]
)
def test_pattern_with_marks_is_found_as_it_is_written(pattern: str) -> None:
    assert catches(blocking(pattern), f"so {pattern} it is")
    assert catches(blocking("bad.example"), "[here](https://bad.example/)")


@pytest.mark.parametrize(
    "text",
    ["fck", "st", "big_asset", "has_set", "as_s", "pass_count", "a(s)s", "as](x s", "Smith & Assoc", "AT&T", "x &as s"],
)
def test_marks_join_no_words(text: str) -> None:
    assert not catches(blocking("ass", "s**t", "f*ck", whole_word=True), text)


def test_underscore_parts_words_and_is_no_letter() -> None:
    assert catches(blocking("bad", whole_word=True), "my_bad_name")
    assert not catches(blocking("mybad"), "my_bad_name")


def test_mask_takes_what_stands_for_the_letters_and_leaves_the_marks_around() -> None:
    masking = Matcher([term("bad", "mask")])
    assert run(masking, ["So **b&#97;d** and **bad**."])[0] == "So **•••** and **•••**."
    assert run(masking, ["So b**a**d."])[0] == "So •••."


def test_ordinary_marks_do_not_wait() -> None:
    here = Filter(lambda: blocking("badword"))
    assert here.feed("See [the page](https://exam") == "See [the page](https://exam"
    assert here.feed("ple.org) & **more**, snake_") == "ple.org) & **more**, snake_"
    assert here.feed("case, Smith &") == "case, Smith "
    assert here.feed(" Sons, AT&") == "& Sons, AT"
    assert here.feed("T, [a ba") == "&T, [a "
    assert here.feed("](https://x.org) b") == "ba](https://x.org) "


def test_what_never_ends_counts_as_text() -> None:
    text = "ba](" + "x" * LONGEST_MARK
    here = Filter(lambda: blocking("badword"))
    assert here.feed(text) + here.feed("y") == text + "y"
    assert here.feed("&" + "#" + "1" * LONGEST_MARK) == "&#" + "1" * LONGEST_MARK


@settings(max_examples=500, deadline=None)
@given(texts, st.lists(st.integers(0, 60), max_size=10))
def test_marks_are_read_the_same_for_every_split(text: str, cuts: list[int]) -> None:
    patterns = [term("bad", "mask"), term("b*d", "mask"), term("a_d", "mask", whole_word=True), term("d", "flag")]
    for matcher in (blocking("bad"), Matcher(patterns)):
        borders = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
        whole, one = run(matcher, [text])
        cut, many = run(matcher, [text[a:b] for a, b in pairwise(borders)])
        single, each = run(matcher, list(text))
        assert cut == single == whole
        assert many.hits == each.hits == one.hits
        found = [[(f.term, f.matched, f.before) for f in here.findings] for here in (one, many, each)]
        assert found[0] == found[1] == found[2]


@settings(max_examples=500, deadline=None)
@given(texts)
def test_no_page_shows_what_is_blocked(text: str) -> None:
    left, _ = run(blocking("bad"), list(text))
    assert "bad" not in fold(shown_by(render_answer(left)))


@pytest.mark.parametrize("text", ["b![ a](u)d", "b![a ](http://x.org)d", "b![ a ][1]d"])
def test_picture_keeps_the_gaps_that_part_its_words_from_others(text: str) -> None:
    assert not catches(blocking("bad"), text)
    assert "bad" not in shown_by(render_answer(text))


@settings(max_examples=300, deadline=None)
@example("bad![")
@given(texts)
def test_no_more_waits_than_could_become_a_hit(text: str) -> None:
    matcher = blocking("bad")
    here = Filter(lambda: matcher)
    came, left = "", ""
    for character in text:
        came += character
        left += here.feed(character)
        if here.blocked:
            return
        waiting = came[len(left) :]
        decided = re.sub(r"&[#\w]*\Z|!\Z|\][(\[][^)]*\Z|\][(\[].*[<\"'(\\\[].*\Z", "", waiting, flags=re.DOTALL)
        shown = fold(html.unescape(re.sub(r"!(?=\[)|[*_~`\[\]\\]", "", re.sub(r"!?\]\([^()]*\)", "", decided))))
        assert min(len(shown), len(fold(waiting))) <= matcher.longest


@pytest.mark.parametrize("filler", ["\u200b", "&shy;", "*", "\u0301"])
@pytest.mark.parametrize("size", [1, 7])
def test_what_waits_has_a_bound(filler: str, size: int) -> None:
    here = Filter(lambda: blocking("badword"))
    assert here.feed("b") == ""
    for _ in range(6_000 // size):
        assert here.feed(filler * size) == ""
        assert len(here._text) < 5_000
    assert re.sub(r"[*\u200b\u0301]|&shy;", "", here.feed("ad luck")) == "bad luck"
    assert here.feed("b" + filler * 9_000) == ""
    assert here.feed("adword") + here.finish() == ""
    assert here.blocked is not None


def test_every_character_that_no_page_shows_folds_to_nothing() -> None:
    every = [chr(code) for code in range(sys.maxunicode + 1)]
    question = render_question("\n".join(f"ba{one}d" for one in every if one != "\n")).split("<br>")
    kept = [one for one in every if one != "\n"]
    hidden = [one for one, line in zip(kept, question, strict=True) if html.unescape(line) == "bad"]
    assert len(hidden) > 2000, "the surrogates alone"
    assert [one for one in hidden if fold(f"ba{one}d") != "bad"] == []


def test_every_character_that_no_answer_shows_folds_to_nothing() -> None:
    suspects = [chr(code) for code in range(0x3000) if not chr(code).isalnum()]
    suspects += [chr(code) for code in range(0xD7F0, 0x10000)] + [chr(code) for code in range(0xE0000, 0xE1000)]
    hidden = []
    for start in range(0, len(suspects), 500):
        some = [one for one in suspects[start : start + 500] if one != "\n"]
        lines = shown_by(render_answer("\n\n".join(f"ba{one}d" for one in some))).split("\n")
        assert len(lines) == len(some)
        hidden += [one for one, line in zip(some, lines, strict=True) if line == "bad"]
    assert len(hidden) > 2000
    assert [one for one in hidden if not catches(blocking("bad"), f"ba{one}d")] == []


@pytest.mark.parametrize(
    "unassigned", ["\u2065", "\ufff0", "\U000e0000", "\U000e0080", "\U000e01f0", "\u2028", "\u2029"]
)
def test_what_browsers_ignore_folds_to_nothing(unassigned: str) -> None:
    assert fold_character(unassigned) == ""
