"""Which wire protocols there are. Nobody else imports an adapter."""

from __future__ import annotations

import asyncio
from importlib import import_module
from typing import TYPE_CHECKING, Any

from providers.http import tls_context
from providers.timeouts import Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from providers.port import Moderator, Provider, ProviderConfig

    Adapter = Callable[[ProviderConfig, Limits], Provider]

KINDS: dict[str, tuple[str, str]] = {
    "openai": ("OpenAI and compatible servers", "providers.adapters.openai.OpenAIProvider"),
    "anthropic": ("Anthropic", "providers.adapters.anthropic.AnthropicProvider"),
    "demo": ("Demonstration", "providers.adapters.demo.DemoProvider"),
}
"""Kind -> label for operators, dotted path of the adapter's class (loaded on first use: some cost a second)."""

MODERATOR = "providers.adapters.openai_moderation.OpenAIModerator"


def make_provider(config: ProviderConfig, limits: Limits | None = None) -> Provider:
    """Build the adapter for ``config.kind`` inside the running loop; raises KeyError for a kind that nobody knows."""
    adapter: Adapter = _load(KINDS[config.kind][1])
    return adapter(config, limits or Limits())


async def make_moderator(config: ProviderConfig) -> Moderator:
    """Build what judges texts at ``config.base_url``, inside the running loop; its library is loaded in a thread."""
    moderator: Callable[[ProviderConfig, Limits], Moderator] = await asyncio.to_thread(_load, MODERATOR)
    await asyncio.to_thread(tls_context)
    return moderator(config, Limits())


async def warm(kinds: Iterable[str]) -> None:
    """Load adapters, their vendors' libraries and the certificates in a thread, so that no question waits for them."""
    await asyncio.to_thread(_warm, set(kinds))


def _warm(kinds: set[str]) -> None:
    for kind in kinds:
        _load(KINDS[kind][1])
    tls_context()


def _load(path: str) -> Any:
    module, _, name = path.rpartition(".")
    return getattr(import_module(module), name)
