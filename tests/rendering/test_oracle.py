"""What models typically write, against a CommonMark and GFM renderer."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import assume, given, settings

from conversations.rendering import render_answer
from conversations.rendering.highlight import CLASSES

from .dom import oracle_html, parse_fragment, shape
from .snippets import SNIPPETS
from .strategies import structures

_EMPTY_ITEM = re.compile(r"(?m)(?:^|[ >])(?:[-*+]|\d+[.)])[ ]*\n(?:[ >]*\n){2}")
"""An empty item and two blank lines. By the rules of CommonMark its list goes on; the oracle begins another one."""


def html_of(text: str) -> str:
    return "".join(render_answer(text))


@pytest.mark.parametrize("name", SNIPPETS)
def test_snippet_renders_as_the_oracle_has_it(name: str) -> None:
    assert shape(html_of(SNIPPETS[name])) == shape(oracle_html(SNIPPETS[name]))


@settings(max_examples=500, deadline=None)
@given(structures)
def test_structure_is_what_the_oracle_finds(text: str) -> None:
    assume(not _EMPTY_ITEM.search(text))
    assert shape(html_of(text)) == shape(oracle_html(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("**注意：**请看", "<p><strong>注意：</strong>请看</p>"),
        ("这是**「引用」**的", "<p>这是<strong>「引用」</strong>的</p>"),
        ("    - indented\n    - list", "<ul><li>indented</li><li>list</li></ul>"),
        ("a\n\n    not code", "<p>a</p><p>not code</p>"),
        ("1)\n\n\n1)", "<ol><li></li><li></li></ol>"),
        ("| a<br>b |\n|---|\n| c |", None),
        ("[intro](#intro) and [file](docs/x.md)", "<p><span>intro</span> and <span>file</span></p>"),
    ],
)
def test_where_we_know_better_than_the_oracle(text: str, expected: str | None) -> None:
    html = html_of(text)
    assert html == expected if expected else len(list(parse_fragment(html).iter("br"))) == 1


def test_code_block_has_label_and_classes() -> None:
    (html,) = render_answer("```py\nreturn 'a'\n```")
    assert html == (
        '<figure class="code" data-language="py" data-file="code.py"><figcaption><span>Python</span></figcaption>'
        '<pre tabindex="0"><code class="highlight"><span class="k">return </span><span class="s">\'a\'</span></code>'
        "</pre></figure>"
    )


@pytest.mark.parametrize(
    ("info", "label"),
    [
        ("", "Text"),
        ("text", "Text"),
        ("c++", "C++"),
        ("madeup", "madeup"),
        ("language-js", "JavaScript"),
        ("rs", "Rust"),
    ],
)
def test_code_block_names_its_language(info: str, label: str) -> None:
    (html,) = render_answer(f"```{info}\nx\n```")
    (caption,) = parse_fragment(html).iter("figcaption")
    assert "".join(caption.itertext()) == label


@pytest.mark.parametrize(
    "info", ["python", "console", "html", "php", "diff", "json", "make", "yaml", "c#", "sql", "tex"]
)
def test_highlighting_keeps_every_character(info: str) -> None:
    source = "\n  $ a <b> & 'c' \"d\"\n\n\tx: [1, 2]\n+ e\n- f\n\n"
    (html,) = render_answer(f"```{info}\n{source}\n```")
    (code,) = parse_fragment(html).iter("code")
    assert "".join(code.itertext()) == source


def test_large_code_is_not_highlighted() -> None:
    (html,) = render_answer("```python\n" + "x = 1\n" * 10_000 + "```")
    assert "<span class=" not in html


def test_table_scrolls_and_is_reached_by_keyboard() -> None:
    (html,) = render_answer("| a |\n|:-:|\n| b |")
    assert html.startswith('<div class="table-scroll" tabindex="0"><table><thead><tr><th class="center">a</th>')


def test_task_is_a_checkbox_that_says_what_it_is() -> None:
    (html,) = render_answer("- [x] a\n- [ ] b")
    boxes = list(parse_fragment(html).iter("input"))
    assert [(box.get("type"), box.get("aria-label"), "disabled" in box.attrib) for box in boxes] == [
        ("checkbox", "Done", True),
        ("checkbox", "Not done", True),
    ]
    assert ["checked" in box.attrib for box in boxes] == [True, False]


def test_image_becomes_a_link_that_names_its_host() -> None:
    (html,) = render_answer("![a cat](https://cats.example/a.png)")
    (link,) = parse_fragment(html).iter("a")
    assert (link.get("class"), link.get("href")) == ("image", "https://cats.example/a.png")
    assert "".join(link.itertext()) == "a cat (cats.example)"
    assert "<img" not in html


def test_image_in_a_link_is_its_words() -> None:
    (html,) = render_answer("[![build](https://b.example/b.svg)](https://c.example)")
    (link,) = parse_fragment(html).iter("a")
    assert link.get("href") == "https://c.example"
    assert "".join(link.itertext()) == "build"


def test_link_shows_its_host() -> None:
    (html,) = render_answer("[my bank](https://evil.example/login?a=1&copy=2)")
    (link,) = parse_fragment(html).iter("a")
    assert link.get("title") == "evil.example"
    assert link.get("href") == "https://evil.example/login?a=1&copy=2"


@pytest.mark.parametrize("text", ["", " ", "\n\n", "\r\n", "\x00", "[a]: https://a.example\n"])
def test_nothing_to_show_gives_no_blocks(text: str) -> None:
    assert render_answer(text) == []


def test_definitions_do_not_outlive_their_text() -> None:
    render_answer("[a]: https://a.example")
    assert render_answer("[a]") == ["<p>[a]</p>"]


def test_every_class_of_a_token_has_its_colour() -> None:
    rules = (Path(__file__).parents[2] / "static/css/syntax.css").read_text()
    assert set(re.findall(r"\.([a-z]+)(?=[, ])", rules)) - {"highlight", "py"} == set(CLASSES.values())
