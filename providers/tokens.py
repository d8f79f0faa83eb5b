"""Tokens, guessed: for stopped answers, for the demonstration, and for cutting a history to a model's context."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from providers.port import ChatMessage

BYTES_PER_TOKEN = 4
TOKENS_PER_MESSAGE = 4

# Scripts in which about one character is one token: Chinese, Japanese, Korean, and their punctuation.
_DENSE = re.compile(
    "[\u1100-\u11ff\u2e80-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]"
)


def estimate_tokens(text: str) -> int:
    """Guess the tokens of a text: a quarter of its bytes, and one for each dense character. Never too exact."""
    if text.isascii():
        return -(-len(text) // BYTES_PER_TOKEN)
    rest, dense = _DENSE.subn("", text)
    return dense + -(-len(rest.encode("utf-8", "replace")) // BYTES_PER_TOKEN)


def estimate_prompt_tokens(messages: Iterable[ChatMessage]) -> int:
    """Guess the tokens of a whole request: its texts, and what frames each message."""
    return sum(estimate_tokens(message.content) + TOKENS_PER_MESSAGE for message in messages)
