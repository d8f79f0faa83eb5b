"""What the two wire protocols of the fake provider have in common."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Protocol

from tests.fake_provider.billing import words_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fake_provider.behaviour import Behaviour
    from tests.fake_provider.billing import Tokens

Event = tuple[str | None, str]
"""The event's name, where the wire has names, and its data."""

CREATED = 1_790_000_000


class Wire(Protocol):
    """One protocol: all that differs between the two."""

    def model_list(self, models: list[dict[str, Any]]) -> dict[str, Any]: ...
    def complaint(self, body: dict[str, Any]) -> str | None: ...
    def start(self, behaviour: Behaviour, usage: Tokens) -> Iterator[Event]: ...
    def reasoning(self, behaviour: Behaviour, text: str) -> Iterator[Event]: ...
    def redacted(self) -> Iterator[Event]: ...
    def text(self, text: str) -> Iterator[Event]: ...
    def calls(self, behaviour: Behaviour) -> Iterator[Event]: ...
    def unknown(self) -> Iterator[Event]: ...
    def ping(self) -> bytes: ...
    def finish(self, behaviour: Behaviour, usage: Tokens, *, include_usage: bool) -> Iterator[Event]: ...
    def error(self, behaviour: Behaviour) -> Event: ...
    def whole(self, behaviour: Behaviour, text: str, usage: Tokens) -> dict[str, Any]: ...
    def error_body(self, status: int, behaviour: Behaviour) -> dict[str, Any]: ...


def dump(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def last_user_text(body: dict[str, Any]) -> str:
    """Give the words of the last question: of the last message of a user that has some (a tool's answer has none)."""
    messages = [one for one in body.get("messages", []) if isinstance(one, dict) and one.get("role") == "user"]
    asked = [_question_of(one.get("content")) for one in messages]
    return next((text for text in reversed(asked) if text), asked[-1] if asked else "")


def _question_of(content: object) -> str:
    if isinstance(content, list):
        content = [part for part in content if isinstance(part, dict) and part.get("type") == "text"]
    return words_of(content)


def split_in_two(text: str) -> tuple[str, str]:
    return text[: len(text) // 2], text[len(text) // 2 :]
