"""What is publicly known of models by their names, where no list and no data says it. Facts stand in one table.

A name that no row describes is taken for an ordinary chat model: with a temperature, and of a cautious size.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from providers.port import ModelKind


@dataclass(frozen=True, slots=True)
class Facts:
    """Sizes in tokens; None is unknown."""

    context_window: int | None = None
    largest_output: int | None = None
    has_vision: bool = False
    has_tools: bool = False
    has_reasoning: bool = False
    takes_temperature: bool = True
    output_tokens: int | None = None
    """What to ask for at most, where the usual limit is too low: of a model that always thinks, it counts that too."""


CAUTIOUS_WINDOWS = {"openai": 128_000, "anthropic": 200_000, "local": 8_192, "demo": 32_000}
"""Provider or kind -> tokens to count on where nothing is known; rather too few than too many."""

OUTPUT_TOKENS = 2000
TEMPERATURE = 0.7
"""What the chat asks for unless an operator or a person wants another."""

LARGEST_TEMPERATURE = 2.0
LARGEST_TEMPERATURES = {"anthropic": 1.0}
"""Kind -> the highest temperature its wire takes, where that is less than usual."""

_UNKNOWN = Facts()
_SEES = {"has_vision": True, "has_tools": True}
_THINKS = {"has_reasoning": True, "takes_temperature": False}
_ALWAYS_THINKS: dict[str, Any] = {**_THINKS, "output_tokens": 8_000}

_TABLE: tuple[tuple[str, str, Facts], ...] = (
    ("openai", r"gpt-3\.5-turbo", Facts(16_385, 4_096, has_tools=True)),
    ("openai", r"gpt-4(-0613|-0314)?$", Facts(8_192, 8_192, has_tools=True)),
    ("openai", r"gpt-4-turbo", Facts(128_000, 4_096, **_SEES)),
    ("openai", r"(chatgpt|gpt)-4o", Facts(128_000, 16_384, **_SEES)),
    ("openai", r"gpt-4\.1", Facts(1_047_576, 32_768, **_SEES)),
    ("openai", r"gpt-5-chat", Facts(128_000, 16_384, has_vision=True)),
    ("openai", r"gpt-5(-mini|-nano)?(-\d{4}-\d\d-\d\d)?$", Facts(400_000, 128_000, **_SEES, **_ALWAYS_THINKS)),
    ("openai", r"gpt-([5-9]|\d\d)", Facts(**_SEES, **_ALWAYS_THINKS)),
    ("openai", r"o1-(mini|preview)", Facts(128_000, **_ALWAYS_THINKS)),
    ("openai", r"o3-mini", Facts(200_000, 100_000, has_tools=True, **_ALWAYS_THINKS)),
    ("openai", r"o[134](-|$)", Facts(200_000, 100_000, **_SEES, **_ALWAYS_THINKS)),
    ("openai", r"o\d", Facts(**_SEES, **_ALWAYS_THINKS)),
    ("anthropic", r"claude-3-(opus|sonnet|haiku)", Facts(200_000, 4_096, **_SEES)),
    ("anthropic", r"claude-3-5", Facts(200_000, 8_192, **_SEES)),
    ("anthropic", r"claude-3-7", Facts(200_000, 64_000, has_reasoning=True, **_SEES)),
    ("anthropic", r"claude-(opus|sonnet|haiku)-4(-[0-6])?(-\d{8})?$", Facts(200_000, has_reasoning=True, **_SEES)),
    ("anthropic", r"claude-(instant|v?[12]\b)", Facts()),
    ("anthropic", r"claude-", Facts(**_SEES, **_THINKS)),
)
_COMPILED = tuple((kind, re.compile(pattern), facts) for kind, pattern, facts in _TABLE)

_EMBEDS = re.compile(r"embed|(^|/)(all-minilm|(multilingual-)?e5|bge|gte)(-|:|$)")
"""Names of models that turn texts into vectors."""


def known_facts(kind: str, name: str) -> Facts:
    """Find what is known of a model by the wire it speaks and its wire name.

    The first row that fits wins. A name that OpenAI and Anthropic give means the same model on every server.
    """
    base = name.lower().rpartition("/")[2].removeprefix("ft:")
    rows = (facts for wire, pattern, facts in _COMPILED if wire == kind and pattern.match(base))
    return next(rows, _UNKNOWN)


def known_kind(name: str) -> ModelKind:
    """Tell by its name what a model is for."""
    return "embedding" if _EMBEDS.search(name.lower()) else "chat"


def largest_temperature(kind: str) -> float:
    return LARGEST_TEMPERATURES.get(kind, LARGEST_TEMPERATURE)


def cautious_window(provider_id: str, kind: str) -> int:
    """Tell how many tokens to count on for a model of unknown size."""
    return CAUTIOUS_WINDOWS.get(provider_id) or CAUTIOUS_WINDOWS[kind]
