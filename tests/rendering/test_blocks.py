"""The splitter: closed pieces, rendered one by one, give what the whole gives."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conversations.rendering import closed_length, render_answer
from conversations.rendering.source import MAX_OPEN_LINES

from .snippets import SNIPPETS
from .strategies import documents

REFERENCES = {"reference link"}  # the one accepted exception: an earlier piece cannot know a later definition


def pieces(text: str, step: int) -> list[str]:
    """Cut the text at the borders that a stream of ``step`` characters at a time would have found."""
    found: list[str] = []
    start = 0
    for end in range(step, len(text) + step, step):
        border = closed_length(text[:end], start)
        assert start <= border <= end
        if border > start:
            found.append(text[start:border])
            start = border
    return [*found, text[start:]]


@settings(max_examples=400, deadline=None)
@given(documents, st.integers(min_value=1, max_value=40))
def test_pieces_render_as_the_whole(text: str, step: int) -> None:
    rendered = [html for piece in pieces(text, step) for html in render_answer(piece)]
    assert rendered == render_answer(text)


@settings(max_examples=200, deadline=None)
@given(documents, documents)
def test_closed_blocks_do_not_change_whatever_follows(text: str, more: str) -> None:
    border = closed_length(text)
    closed = render_answer(text[:border])
    assert render_answer(text + more)[: len(closed)] == closed
    assert closed_length(text + more) >= border


@pytest.mark.parametrize("name", sorted(SNIPPETS.keys() - REFERENCES))
def test_snippet_in_pieces_renders_as_the_whole(name: str) -> None:
    text = SNIPPETS[name]
    assert [html for piece in pieces(text, 1) for html in render_answer(piece)] == render_answer(text)


@pytest.mark.parametrize(
    ("text", "closed"),
    [
        ("", ""),
        ("one", ""),
        ("one\n", ""),
        ("one\n\n", "one\n\n"),
        ("one\n\ntwo", "one\n\n"),
        ("# one\ntwo", "# one\n"),
        ("# one", ""),
        ("one\n---\n", "one\n---\n"),
        ("```\na\n\nb\n", ""),
        ("```\na\n```\n", "```\na\n```\n"),
        ("```\na\n``", ""),
        ("- a\n\n- b\n\n", ""),
        ("- a\n\nb\n", "- a\n\n"),
        ("- a\n\n  b\n", ""),
        ("> a\n", ""),
        ("> a\n\n", "> a\n\n"),
        ("> ```\n> a\n\nb", "> ```\n> a\n\n"),
        ("| a |\n|---|\n| 1 |\n", ""),
        ("| a |\n|---|\n| 1 |\n\n", "| a |\n|---|\n| 1 |\n\n"),
        ("a\n| b |\n|---|\n", "a\n"),
        ("<div>\n", ""),
        ("$$\na\n", ""),
        ("$$\na\n$$\n", "$$\na\n$$\n"),
        ("$$\na\n\nb", "$$\na\n\n"),
        ("\\[ a\nb \\]\n", "\\[ a\nb \\]\n"),
        ("[^1]: a\n", ""),
        ("[^1]: a\n\nb\n", "[^1]: a\n\n"),
        ("[^1]: a\n[^2]: b\n", "[^1]: a\n"),
        ("one\r\n\r\ntwo", "one\r\n\r\n"),
    ],
)
def test_closed_length_ends_after_the_last_closed_block(text: str, closed: str) -> None:
    assert text[: closed_length(text)] == closed


def test_closed_length_counts_from_the_beginning() -> None:
    assert closed_length("one\n\ntwo\n\nthree", 5) == 10


def test_a_long_fence_closes() -> None:
    text = "```\n" + "x\n" * (3 * MAX_OPEN_LINES) + "```\n"
    assert closed_length(text) == len(text)


def test_an_endless_list_stays_open_and_costs_no_more_than_its_beginning() -> None:
    text = "done\n\n" + "-\n" * 200_000
    before = time.process_time()
    assert closed_length(text) == len("done\n\n")
    assert time.process_time() - before < 0.5
