"""People's own words, and titles."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conversations.rendering import plain_title, render_question

from .dom import parse_fragment

REL = 'rel="noopener noreferrer nofollow"'


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("", ""),
        ("a\nb\n\nc", "a<br>b<br><br>c"),
        ("a\r\nb", "a<br>b"),
        ("# not *a* heading", "# not *a* heading"),
        ("1 < 2 & <b>", "1 &lt; 2 &amp; &lt;b&gt;"),
        ("&lt;", "&amp;lt;"),
        ("  two  spaces", "  two  spaces"),
        ("main.py and README.md", "main.py and README.md"),
        ("see http://a.b/c_d?e&f.", f'see <a href="http://a.b/c_d?e&amp;f" target="_blank" {REL}>http://a.b/c_d?e&amp;f</a>.'),
        ("www.python.org", f'<a href="http://www.python.org" target="_blank" {REL}>www.python.org</a>'),
    ],
)  # fmt: skip
def test_question_keeps_words_and_lines(text: str, html: str) -> None:
    assert render_question(text) == html


@settings(deadline=None)
@given(st.text(alphabet=st.characters(exclude_categories=("Cc", "Cs", "Cn", "Co")), max_size=200))
def test_question_shows_every_character(text: str) -> None:
    assert "".join(parse_fragment(render_question(text)).itertext()) == text


def test_question_of_many_addresses_is_linear() -> None:
    before = time.process_time()
    html = render_question("https://a.example/ " * 5_000)
    assert time.process_time() - before < 1.0
    assert html.count("<a ") == 200


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("", ""),
        (" \n\t ", ""),
        ("a < b & c", "a < b & c"),
        ("What does <div> do?", "What does <div> do?"),
        ("&lt;b&gt;", "&lt;b&gt;"),
        ("<b>Hi</b> there", "Hi there"),
        ("<script>alert(1)</script>", "alert(1)"),
        ("one\n\n  two\tthree", "one two three"),
        ("a\u202eb\u200bc\u2066d\ufeffe\x00f", "abcde f"),
        ("Zalgo z" + "\u0301" * 10_000 + "o", "Zalgo ź" + "\u0301" * 4),
        ("नमस्ते दुनिया, Việt Nam, שָׁלוֹם", "नमस्ते दुनिया, Việt Nam, שָׁלוֹם"),
        ("👨\u200d👩\u200d👧 and a\u200db", "👨\u200d👩\u200d👧 and ab"),
        ("\ud800x", "x"),
    ],
)
def test_title_is_one_plain_line(text: str, title: str) -> None:
    assert plain_title(text) == title


def test_title_is_cut_at_a_word() -> None:
    assert plain_title("How do I bake bread, and is it worth it?", 22) == "How do I bake bread…"


def test_title_without_spaces_is_cut_at_the_limit() -> None:
    assert plain_title("字" * 100, 10) == "字" * 9 + "…"


def test_title_is_not_cut_inside_a_letter() -> None:
    assert plain_title("q\u0323" * 50, 10) == "q\u0323" * 4 + "…"


@given(st.text(max_size=400), st.integers(min_value=4, max_value=100))
@settings(deadline=None)
def test_title_keeps_its_promises(text: str, limit: int) -> None:
    title = plain_title(text, limit)
    assert len(title) <= limit
    assert title == " ".join(title.split())
    assert not any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in title)
    assert not set(title) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\u200e\u200f\ufeff")


def test_title_of_a_long_hostile_text_is_quick() -> None:
    before = time.process_time()
    plain_title("<a " + "x=y " * 8_000 + "></a>")
    plain_title("<" * 100_000 + "</a>")
    assert time.process_time() - before < 0.5
