"""What the fake provider counts and bills, by the same rule by which the house guesses."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import astuple, dataclass, fields
from typing import TYPE_CHECKING, Any

from providers.tokens import TOKENS_PER_MESSAGE, estimate_tokens

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.fake_provider.behaviour import Behaviour
    from tests.fake_provider.records import RequestRecord


@dataclass(frozen=True)
class Tokens:
    """Of one call or of many; ``prompt_tokens`` holds those of the cache, ``completion_tokens`` the reasoning."""

    prompt_tokens: int = 0
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    completion_tokens: int = 0
    reasoning_tokens: int = 0

    def __add__(self, other: Tokens) -> Tokens:
        return Tokens(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))


def count_prompt(body: dict[str, Any]) -> int:
    """Count a request of either wire: its texts, and what frames each message."""
    told = [words_of(one.get("content")) for one in body.get("messages", ()) if isinstance(one, dict)]
    if "system" in body:
        told.append(words_of(body["system"]))
    return sum(estimate_tokens(text) + TOKENS_PER_MESSAGE for text in told)


def words_of(content: object) -> str:
    """Read a message's content: a text, or a list of parts (of which a tool's answer has a content of its own)."""
    if isinstance(content, list):
        parts = [part for part in content if isinstance(part, dict)]
        return "".join(words_of(part.get("content")) or str(part.get("text", "")) for part in parts)
    return content if isinstance(content, str) else ""


def usage_of(behaviour: Behaviour, prompt: int, text: str, reasoning: str) -> Tokens:
    """Give what a whole answer says of itself."""
    cached, written = behaviour.cached_tokens, behaviour.cache_write_tokens
    thought = behaviour.reasoning_tokens
    thought = estimate_tokens(reasoning) if thought is None else thought
    completion = behaviour.completion_tokens
    return Tokens(
        prompt_tokens=max(prompt if behaviour.prompt_tokens is None else behaviour.prompt_tokens, cached + written),
        cached_tokens=cached,
        cache_write_tokens=written,
        completion_tokens=estimate_tokens(text) + thought if completion is None else completion,
        reasoning_tokens=thought,
    )


def sent_so_far(prompt: int, text: str, reasoning: str) -> Tokens:
    """Give what an answer costs that was stopped or cut."""
    thought = estimate_tokens(reasoning)
    return Tokens(prompt, completion_tokens=estimate_tokens(text) + thought, reasoning_tokens=thought)


def bill(records: Iterable[RequestRecord]) -> list[dict[str, Any]]:
    """Sum up what was billed, a row for each key and model: ``key, model, calls`` and the fields of Tokens."""
    sums: dict[tuple[str, str], list[Tokens]] = defaultdict(list)
    for record in records:
        if record.billed:
            sums[record.key, record.model].append(record.billed)
    names = [field.name for field in fields(Tokens)]
    return [
        {"key": key, "model": model, "calls": len(calls)} | dict(zip(names, astuple(sum(calls, Tokens())), strict=True))
        for (key, model), calls in sorted(sums.items())
    ]
