"""Who answers: what an adapter knows, and what it must be able to do."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from providers.port.events import Embeddings, StreamEvent
    from providers.port.requests import ChatRequest, EmbeddingRequest


ModelKind = Literal["chat", "embedding"]
"""What a model is for: to talk with, or to turn texts into vectors."""


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A model as its provider lists it; sizes in tokens. None where the list does not say."""

    name: str
    label: str
    context_window: int | None = None
    largest_output: int | None = None
    has_vision: bool | None = None
    has_reasoning: bool | None = None
    kind: ModelKind = "chat"


@dataclass(frozen=True, slots=True)
class ProviderConfig:
    """Everything an adapter may know; nothing else is read from the environment.

    ``provider_id`` is the first half of ``<provider>/<model>``; ``kind`` names the wire protocol in the registry.
    """

    provider_id: str
    kind: str
    label: str
    base_url: str
    api_keys: tuple[str, ...] = field(default=(), repr=False)

    @property
    def server(self) -> str:
        """Who is asked, with whatever key."""
        return f"{self.kind} {self.base_url}"

    @property
    def api_key(self) -> str:
        """The first key, or nothing; the gateway gives each adapter one."""
        return self.api_keys[0] if self.api_keys else ""


class Provider(Protocol):
    """One provider with one key. Built inside the running event loop, whose shared connections it uses."""

    def stream(self, request: ChatRequest) -> AsyncGenerator[StreamEvent, None]:
        """Stream the answer. Closing the generator (or cancelling its task) closes the connection at once."""
        ...

    async def list_models(self) -> list[ModelInfo]:
        """List the models the provider offers, in the order in which people should see them."""
        ...


@runtime_checkable
class Embedder(Protocol):
    """Somebody who turns texts into vectors; a :class:`Provider` that can is one, too."""

    async def embed(self, request: EmbeddingRequest) -> Embeddings:
        """Give a vector for each text; raises a ProviderError where there are none."""
        ...


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a moderator says of a text; ``categories`` are its own names for what it objects to, perhaps none."""

    is_flagged: bool
    categories: tuple[str, ...] = ()


class Moderator(Protocol):
    """Somebody who judges texts. Built like a :class:`Provider`."""

    async def judge(self, model: str, text: str) -> Verdict:
        """Judge a text as a whole; raises a ProviderError where there is no verdict."""
        ...
