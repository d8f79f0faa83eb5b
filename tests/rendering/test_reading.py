"""What CommonMark does not know: formulas, footnotes, and what a piece of code is called."""

from __future__ import annotations

import pytest

from conversations.rendering import render_answer

from .dom import parse_fragment


def formulas(text: str) -> list[tuple[str, str]]:
    """List the formulas of an answer: each its tag ("span display" for one on a line of its own) and its TeX."""
    elements = [one for html in render_answer(text) for one in parse_fragment(html).iter()]
    found = [(one, one.get("class", "").split()) for one in elements]
    return [
        (" ".join([str(one.tag), *(name for name in names if name != "math")]), "".join(one.itertext()))
        for one, names in found
        if "math" in names
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("so $x^2$ is", [("span", "x^2")]),
        ("the $n$th of $k$-many, $a$.", [("span", "n"), ("span", "k"), ("span", "a")]),
        ("\\(a<b & c\\)", [("span", "a<b & c")]),
        ("公式$x$是", [("span", "x")]),
        ("**$x_1$** and *a $b*c$ d*", [("span", "x_1"), ("span", "b*c")]),
        ("$a\\$b$", [("span", "a\\$b")]),
        ("$[0,1)$ and [[[[[ $a[0]$", [("span", "[0,1)"), ("span", "a[0]")]),
        ("$x\ny$", [("span", "x\ny")]),
        ("| $a$ | $b_1$ |\n|---|---|\n| $c$ | 1 |", [("span", "a"), ("span", "b_1"), ("span", "c")]),
        ("a $$x$$ b", [("span display", "x")]),
        ("Then $$\na\n$$ ok", [("span display", "a")]),
        ("so \\[x = 1\\] holds", [("span display", "x = 1")]),
        ("$$x$$", [("div", "x")]),
        ("$$x$$.", [("div", "x.")]),
        ("Text\n$$\na &= b \\\\\n- c\n$$\nmore", [("div", "a &= b \\\\\n- c")]),
        ("\\[\n\\frac12\n\\]", [("div", "\\frac12")]),
        ("1. f:\n   \\[\n   x\n   \\]\n2. g", [("div", "x")]),
        ("> $$\n> x\n> $$", [("div", "x")]),
        ("\\begin{align}\na&=b\n\\end{align}", [("div", "\\begin{align}\na&=b\n\\end{align}")]),
        ("```math\nx < y\n```", [("div", "x < y")]),
        ("$&lt;$", [("span", "&lt;")]),
    ],
)
def test_formula_is_found_and_kept_as_written(text: str, found: list[tuple[str, str]]) -> None:
    assert formulas(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "prices $5 and $10",
        "US$5 or $5-$10, $5/$6, ($5,$6) and $20K–$30K",
        "$5 for apples$ and 5$ and 10$",
        "$HOME/$USER, $HOME and $PATH",
        "\\$5 and $6\\$",
        "$ x $ and $$ and $",
        "\\[1\\] and \\[sic\\] and \\\\(x\\\\)",
        "`$x$` and ``\\(y\\)``",
        "```\n$$\nx\n$$\n```",
        "```latex\n$x$\n```",
        "$$\nnever closed",
        "$$\nnever closed\n\n$$ x",
        "```math\nopen",
        "$$$ expensive $$$",
    ],
)
def test_what_is_no_formula_stays_text(text: str) -> None:
    assert formulas(text) == []


def test_paragraph_full_of_formulas_is_set() -> None:
    text = " ".join(f"$x_{{{number}}} + \\frac{{{number}}}{{y_1}}$" for number in range(400))
    assert len(formulas(text)) == 400


def test_formula_that_never_ends_is_shown_as_it_is_written() -> None:
    assert render_answer("$$\nx *y*\n\nnext") == ["<p>$$\nx <em>y</em></p>", "<p>next</p>"]


def mark(label: str) -> str:
    return f'<sup class="footnote-mark" data-note="{label}">{label}</sup>'


def test_footnote_stands_where_it_is_written_and_is_marked_in_the_text() -> None:
    text = "A[^1], b[^note].\n\n[^1]: First\n  more\n[^note]: *Second*\n\nend"
    assert render_answer(text) == [
        f"<p>A{mark('1')}, b{mark('note')}.</p>",
        '<div class="footnote" data-note="1"><p>First\nmore</p></div>',
        '<div class="footnote" data-note="note"><p><em>Second</em></p></div>',
        "<p>end</p>",
    ]


@pytest.mark.parametrize("text", ["[^abc]", "`[^1]`", "[^1](https://a.example)", "[^a b]", "[^]"])
def test_what_is_no_footnote_gets_no_mark(text: str) -> None:
    assert "footnote" not in "".join(render_answer(text))


def test_number_without_a_footnote_is_a_mark() -> None:
    """While an answer is written its footnotes are not there yet."""
    assert render_answer("so[^2]") == [f"<p>so{mark('2')}</p>"]


@pytest.mark.parametrize(
    ("text", "file"),
    [
        ("```python\nx\n```", "code.py"),
        ("```rs\nx\n```", "code.rs"),
        ("```dockerfile\nx\n```", "Dockerfile"),
        ("```mermaid\nx\n```", "code.mmd"),
        ("```\nx\n```", "code.txt"),
        ("```madeup\nx\n```", "code.txt"),
        ('```py title="src/app.py"\nx\n```', "app.py"),
        ("```html:index.html\nx\n```", "index.html"),
        ("```ts src/../../etc/main.ts\nx\n```", "main.ts"),
        ("```python\n# src/a/main.py\nx\n```", "main.py"),
        ("```js\n// filename: app.js\nx\n```", "app.js"),
        ("```html\n<!-- page.html -->\nx\n```", "page.html"),
        ("```python\n# see main.py for more\nx\n```", "code.py"),
        ("```sh\n# .bashrc\nx\n```", "code.sh"),
    ],
)
def test_code_has_a_name_to_be_saved_under(text: str, file: str) -> None:
    (html,) = render_answer(text)
    (figure,) = parse_fragment(html).iter("figure")
    assert figure.get("data-file") == file


def test_open_fence_says_so() -> None:
    (html,) = render_answer("```mermaid\ngraph TD")
    assert ' data-open=""' in html
    (html,) = render_answer("```mermaid\ngraph TD\n```")
    assert "data-open" not in html
