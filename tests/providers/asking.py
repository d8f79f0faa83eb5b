"""What the provider tests share: how to configure a provider for the fake one, and how to ask it."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from providers.port import (
    ChatMessage,
    ChatRequest,
    Finished,
    PromptRead,
    ProviderConfig,
    ReasoningDelta,
    TextDelta,
    Usage,
)

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from providers.port import GatewayEvent, Provider
    from tests.fake_provider import FakeProvider

WIRES = ("openai", "local", "anthropic")
KEY = "sk-canary-0123456789"
MODEL = "fake-echo"


def config_for(wire: str, fake: FakeProvider, keys: tuple[str, ...] = (KEY,)) -> ProviderConfig:
    if wire == "anthropic":
        return ProviderConfig("anthropic", "anthropic", "Anthropic", fake.root_url, keys)
    if wire == "local":
        return ProviderConfig("local", "openai", "Local", fake.base_url)
    return ProviderConfig("openai", "openai", "OpenAI", fake.base_url, keys)


def question(text: str = "Hello?", *, temperature: float | None = 0.7) -> ChatRequest:
    return ChatRequest(MODEL, (ChatMessage("user", text),), max_output_tokens=2000, temperature=temperature)


@dataclass
class Heard:
    """What came, kept also when an error ended it."""

    events: list[GatewayEvent] = field(default_factory=list)

    @property
    def said(self) -> list[type[GatewayEvent]]:
        """The kinds of what came, without what only one wire says of the prompt."""
        return [type(event) for event in self.events if not isinstance(event, PromptRead)]

    @property
    def text(self) -> str:
        return "".join(event.text for event in self.events if isinstance(event, TextDelta))

    @property
    def reasoning(self) -> str:
        return "".join(event.text for event in self.events if isinstance(event, ReasoningDelta))

    @property
    def usages(self) -> list[Usage]:
        return [event for event in self.events if isinstance(event, Usage)]

    @property
    def finishes(self) -> list[str]:
        return [event.reason for event in self.events if isinstance(event, Finished)]


async def hear(events: AsyncGenerator[GatewayEvent, None], heard: Heard | None = None) -> Heard:
    heard = heard or Heard()
    async with aclosing(events):
        async for event in events:
            heard.events.append(event)
    return heard


async def ask(provider: Provider, text: str = "Hello?", heard: Heard | None = None) -> Heard:
    return await hear(provider.stream(question(text)), heard)
