"""Whatever comes in, what goes out is safe, checked on the tree that a browser would build, and is there in time."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings

from conversations.rendering import closed_length, escaped_blocks, render_answer, render_question
from conversations.rendering.policy import ANSWER, QUESTION

from .attacks import FLOODS, SCRIPTS
from .dom import parse_fragment
from .strategies import documents, hostile

ALLOWED: dict[str, set[str]] = {
    "a": {"class", "href", "rel", "target", "title"},
    "code": {"class"},
    "div": {"class", "data-note", "tabindex"},
    "figure": {"class", "data-file", "data-language", "data-open"},
    "input": {"aria-label", "checked", "disabled", "type"},
    "li": {"class"},
    "ol": {"start"},
    "pre": {"class", "tabindex"},
    "span": {"class"},
    "sup": {"class", "data-note"},
    "td": {"class"},
    "th": {"class"},
}
BARE = {
    "blockquote", "br", "del", "em", "figcaption", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "p", "strong", "table",
    "tbody", "thead", "tr", "ul",
}  # fmt: skip
TOP = {"p", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "ul", "ol", "blockquote", "figure", "div", "pre"}


def assert_safe(html: str) -> None:
    for element in parse_fragment(html).iter():
        if element.tag == "DOCUMENT_FRAGMENT":
            continue
        assert element.tag in ALLOWED.keys() | BARE, html
        assert set(element.attrib) <= ALLOWED.get(str(element.tag), set()), html
        if "href" in element.attrib:
            assert re.match(r"(https?://[^/\s]|mailto:)", element.attrib["href"], re.IGNORECASE), html
        if element.tag == "a":
            assert element.get("rel") == "noopener noreferrer nofollow"
            assert element.get("target") == "_blank"
        if element.tag == "input":
            assert (element.get("type"), element.get("disabled")) == ("checkbox", "")


def assert_answer_is_safe(text: str) -> None:
    for html in render_answer(text):
        assert_safe(html)
        root = parse_fragment(html)
        assert [child.tag in TOP for child in root] == [True], html
        assert not (root.text or "").strip()
        assert not (root[0].tail or "").strip()


@settings(max_examples=500, deadline=None)
@given(hostile)
def test_hostile_text_renders_safely(text: str) -> None:
    assert_answer_is_safe(text)
    assert_safe(render_question(text))
    assert 0 <= closed_length(text) <= len(text)


@settings(max_examples=200, deadline=None)
@given(documents)
def test_usual_text_renders_safely(text: str) -> None:
    assert_answer_is_safe(text)
    assert_safe(render_question(text))


@pytest.mark.parametrize("name", SCRIPTS)
def test_script_never_comes_through(name: str) -> None:
    text = SCRIPTS[name]
    for end in range(1, len(text) + 1):
        assert_answer_is_safe(text[:end])
    assert_safe(render_question(text))
    assert_safe(escaped_blocks(text)[0])


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_policies_alone_hold_against_html(name: str) -> None:
    """The last stage does not rely on the ones before it."""
    assert_safe(ANSWER.clean(SCRIPTS[name]))
    assert_safe(QUESTION.clean(SCRIPTS[name]))


def test_policy_removes_what_would_clobber_or_style() -> None:
    html = '<p id="x" name="y" style="color:red" class="z" onclick="a()">t</p><input type="text" name="password">'
    paragraph, box = parse_fragment(ANSWER.clean(html))
    assert (paragraph.text, paragraph.attrib) == ("t", {})
    assert box.attrib == {"type": "checkbox", "disabled": ""}


def test_raw_html_is_shown() -> None:
    (html,) = render_answer("Use <script>alert(1)</script> and <b id=x>bold</b>")
    assert "".join(parse_fragment(html).itertext()) == "Use <script>alert(1)</script> and <b id=x>bold</b>"


def test_html_in_code_is_shown() -> None:
    (html,) = render_answer("```html\n</code></pre><script>alert(1)</script>\n```")
    (code,) = parse_fragment(html).iter("code")
    assert "".join(code.itertext()) == "</code></pre><script>alert(1)</script>"


def test_address_with_another_host_before_the_at_sign_names_the_real_one() -> None:
    (html,) = render_answer("[x](https://good.example@evil.example/) [y](https://good.example\\@evil.example/)")
    assert [link.get("title") for link in parse_fragment(html).iter("a")] == ["evil.example", "evil.example"]


@pytest.mark.parametrize("name", FLOODS)
def test_flood_is_rendered_or_refused_in_time(name: str) -> None:
    text = FLOODS[name]
    before = time.process_time()
    answer = render_answer(text)
    question = render_question(text)
    closed_length(text)
    assert time.process_time() - before < 1.5
    assert answer
    assert question


def test_too_many_blocks_come_back_as_text() -> None:
    text = "-\n" * 50_000
    assert render_answer(text) == escaped_blocks(text)


def test_too_long_a_text_comes_back_as_text() -> None:
    text = "**a** " * 100_000
    assert render_answer(text) == escaped_blocks(text)


def test_escaped_text_is_whole_and_in_one_element() -> None:
    (html,) = escaped_blocks("a <b>\n& \ud800\x00c")
    assert html == '<pre class="plain">a &lt;b&gt;\n&amp; c</pre>'
