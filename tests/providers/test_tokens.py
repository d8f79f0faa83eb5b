from __future__ import annotations

import pytest

from providers.port import ChatMessage
from providers.tokens import estimate_prompt_tokens, estimate_tokens


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", 0),
        ("a", 1),
        ("four", 1),
        ("a sentence of forty characters, exactly.", 10),
        ("漢字仮名", 4),
        ("한국어", 3),
        ("漢字 and words", 2 + 3),
        ("Grüße", 2),
        ("🎉🎉", 2),
        ("привет", 3),
    ],
)
def test_tokens_are_estimated(text: str, tokens: int) -> None:
    assert estimate_tokens(text) == tokens


def test_lone_surrogates_do_not_break_the_estimate() -> None:
    assert estimate_tokens("a\ud800b") == 1


def test_each_message_costs_its_frame() -> None:
    assert estimate_prompt_tokens([ChatMessage("user", "four"), ChatMessage("assistant", "")]) == 1 + 4 + 0 + 4
