"""The port: what the house asks of whoever answers, and the errors that can come back.

A provider is one wire protocol. It turns a :class:`ChatRequest` into a stream of :data:`StreamEvent`::

    (ReasoningDelta | TextDelta)*  Usage?  Finished

``Finished`` comes exactly once and last. A stream that ends without it was cut: the adapter raises
:class:`StreamInterrupted` instead of pretending that the answer is complete. Every error of the vendor is mapped,
inside the adapter, to one of::

    ProviderError (a DomainError)     retryable  the provider could not answer
    ├── BadCredentials                no         the key was refused (401, 403)
    ├── ModelNotFound                 no         the provider does not know this model (404)
    ├── ContextTooLong                no         the conversation does not fit the model
    ├── RequestRefused                no         the provider rejects the request (other 4xx, content policy)
    ├── RateLimited                   yes        429; carries ``retry_after`` in seconds when the provider said so
    ├── ProviderUnavailable           yes        no connection, 5xx, overloaded
    ├── ProviderTimeout               yes        no first token, a stall, or too long altogether
    └── StreamInterrupted             yes        the stream broke off, or could not be understood

``message`` is a sentence for people and never carries a key, a URL with credentials or the vendor's raw body.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal, Protocol

from chatproject.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

Role = Literal["system", "user", "assistant"]

FinishReason = Literal["stop", "length", "content_filter"]
"""Why the model ended: it was done, it reached the output limit, or the provider's filter cut it off."""


@dataclass(frozen=True, slots=True)
class ChatMessage:
    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One question to one model; ``model`` is the provider's own name, without our ``provider/`` prefix."""

    model: str
    messages: tuple[ChatMessage, ...]
    max_output_tokens: int = 2000
    temperature: float | None = 0.7
    """``None`` leaves it to the provider; some models refuse any value."""


@dataclass(frozen=True, slots=True)
class TextDelta:
    text: str


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    text: str


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the provider counted them; ``estimated`` marks our own guess."""

    prompt_tokens: int
    completion_tokens: int
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class Finished:
    reason: FinishReason


StreamEvent = TextDelta | ReasoningDelta | Usage | Finished


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A model as its provider lists it; ``context_window`` in tokens where the list says so."""

    name: str
    label: str
    context_window: int | None = None


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
    def api_key(self) -> str:
        """The first key, or nothing; the gateway gives each adapter one."""
        return self.api_keys[0] if self.api_keys else ""


class Provider(Protocol):
    """One provider with one key. Built inside the running event loop, whose shared connections it uses."""

    def stream(self, request: ChatRequest) -> AsyncGenerator[StreamEvent, None]:
        """Stream the answer. Closing the generator (or cancelling its task) closes the connection at once."""
        ...

    async def list_models(self) -> list[ModelInfo]:
        """List the chat models the provider offers, in the order in which people should see them."""
        ...


class ProviderError(DomainError):
    """The provider could not answer; ``retryable`` says whether asking again may help."""

    code = "provider_error"
    http_status = 502
    retryable: ClassVar[bool] = False


class BadCredentials(ProviderError):
    code = "bad_credentials"


class ModelNotFound(ProviderError):
    code = "model_not_found"


class ContextTooLong(ProviderError):
    code = "context_too_long"


class RequestRefused(ProviderError):
    code = "request_refused"


class RateLimited(ProviderError):
    code = "provider_rate_limited"
    retryable = True


class ProviderUnavailable(ProviderError):
    code = "provider_unavailable"
    retryable = True


class ProviderTimeout(ProviderError):
    code = "provider_timeout"
    retryable = True


class StreamInterrupted(ProviderError):
    code = "stream_interrupted"
    retryable = True
