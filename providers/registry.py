"""Which wire protocols there are. Nobody else imports an adapter."""

from __future__ import annotations

import asyncio
from importlib import import_module
from typing import TYPE_CHECKING, cast

from providers.http import tls_context
from providers.timeouts import Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from providers.port import Provider, ProviderConfig

    Adapter = Callable[[ProviderConfig, Limits], Provider]

KINDS: dict[str, tuple[str, str]] = {
    "openai": ("OpenAI and compatible servers", "providers.adapters.openai.OpenAIProvider"),
    "anthropic": ("Anthropic", "providers.adapters.anthropic.AnthropicProvider"),
    "demo": ("Demonstration", "providers.adapters.demo.DemoProvider"),
}
"""Kind -> label for operators, dotted path of the adapter's class (loaded on first use: some cost a second)."""


def make_provider(config: ProviderConfig, limits: Limits | None = None) -> Provider:
    """Build the adapter for ``config.kind`` inside the running loop; raises KeyError for a kind that nobody knows."""
    return _load(config.kind)(config, limits or Limits())


async def warm(kinds: Iterable[str]) -> None:
    """Load adapters, their vendors' libraries and the certificates in a thread, so that no question waits for them."""
    await asyncio.to_thread(_warm, set(kinds))


def _warm(kinds: set[str]) -> None:
    for kind in kinds:
        _load(kind)
    tls_context()


def _load(kind: str) -> Adapter:
    module, _, name = KINDS[kind][1].rpartition(".")
    return cast("Adapter", getattr(import_module(module), name))
