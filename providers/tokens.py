"""Tokens, guessed: for stopped answers, for the demonstration, and for cutting a history to a model's context."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from providers.port import ChatMessage, Picture

BYTES_PER_TOKEN = 4
TOKENS_PER_MESSAGE = 4
PIXELS_PER_TOKEN = 750
TOKENS_OF_LARGEST_PICTURE = 5_000

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
    """Guess the tokens of a whole request: its texts and pictures, and what frames each message."""
    return sum(
        estimate_tokens(message.content) + TOKENS_PER_MESSAGE + sum(map(estimate_picture_tokens, message.pictures))
        for message in messages
    )


def estimate_picture_tokens(picture: Picture) -> int:
    """Guess the tokens of a picture; no provider counts a large one for more than it scales it down to."""
    return min(-(-picture.width * picture.height // PIXELS_PER_TOKEN), TOKENS_OF_LARGEST_PICTURE)
