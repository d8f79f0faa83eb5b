"""The port: what the house asks of whoever answers, and the errors that can come back.

A provider is one wire protocol. It turns a :class:`ChatRequest` into a stream of :data:`StreamEvent`::

    Accepted  PromptRead?  (ReasoningDelta | SignedReasoning | TextDelta | ToolCall | Citation)*  Usage?  Finished

``Accepted`` comes as soon as the provider took the request: its key and its model are good, nothing is written yet.
``Finished`` comes exactly once and last. A stream that ends without it was cut: the adapter raises
:class:`StreamInterrupted` instead of pretending that the answer is complete. Every error of the vendor is mapped,
inside the adapter, to one of::

    ProviderError (a DomainError)     retryable  the provider could not answer
    ├── BadCredentials                no         the key was refused (401, no credit)
    │   └── AccessDenied              no         the key is known, and may not do this (403)
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

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol

from chatproject.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

Role = Literal["system", "user", "assistant", "tool"]

FinishReason = Literal["stop", "length", "content_filter", "tool_calls"]
"""Why the model ended: it was done, it reached the output limit, the provider's filter cut it off, or it waits for
what its tools answer."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool that the model may call; ``parameters`` is a JSON Schema."""

    name: str
    description: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """The model wants a tool run; ``arguments`` is JSON as the model wrote it, unchecked."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class SignedReasoning:
    """A whole block of reasoning as its provider signed it; ``block`` goes back unchanged in a tool turn."""

    block: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Picture:
    """A PNG or JPEG for a model to see; sizes in pixels, ``data`` in base64, or empty only to count it."""

    media_type: str
    width: int
    height: int
    data: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One message; ``tool_calls`` and ``reasoning`` belong to an assistant, ``tool_call_id`` to a tool's answer.

    ``pictures`` come before the content. The gateway takes them out for a model that cannot see.
    """

    role: Role
    content: str
    tool_calls: tuple[ToolCall, ...] = ()
    reasoning: tuple[SignedReasoning, ...] = ()
    tool_call_id: str = ""
    pictures: tuple[Picture, ...] = ()

    def without_pictures(self) -> ChatMessage:
        """Give the message for a model that cannot see, with a word about what is missing."""
        if not self.pictures:
            return self
        what = "A picture is" if len(self.pictures) == 1 else f"{len(self.pictures)} pictures are"
        note = f"[{what} attached here, which you cannot see.]"
        return replace(self, pictures=(), content=f"{note}\n\n{self.content}".strip())


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One question to one model; ``model`` is the provider's own name, without our ``provider/`` prefix.

    Whoever asks the gateway leaves ``max_output_tokens`` and ``temperature`` at None for the model's own values, which
    stand in the catalogue. For an adapter, None means that nothing is sent (where the wire allows it).
    """

    model: str
    messages: tuple[ChatMessage, ...]
    max_output_tokens: int | None = None
    temperature: float | None = None
    tools: tuple[Tool, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    """Further options of the wire, sent as they stand; they replace no part of the request."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider took the request."""


@dataclass(frozen=True, slots=True)
class TextDelta:
    text: str


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    text: str


@dataclass(frozen=True, slots=True)
class Citation:
    """A page that the provider says the answer draws on; ``title`` may be empty."""

    url: str
    title: str


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the provider counted them; ``estimated`` marks our own guess.

    ``prompt_tokens`` holds those read from and written to a cache, ``completion_tokens`` those of reasoning, whatever
    the wire says.
    """

    prompt_tokens: int
    completion_tokens: int
    estimated: bool = False
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0


@dataclass(frozen=True, slots=True)
class PromptRead:
    """What the provider counted of the prompt before it answered; ``Usage``, which comes last, holds that too.

    It is what is known of a call that is stopped or cut.
    """

    tokens: int
    cached_tokens: int = 0
    cache_write_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Finished:
    reason: FinishReason


StreamEvent = (
    Accepted | PromptRead | TextDelta | ReasoningDelta | SignedReasoning | ToolCall | Citation | Usage | Finished
)
"""What an adapter streams."""


@dataclass(frozen=True, slots=True)
class CallBegun:
    """The gateway asks ``model`` (``<provider>/<name>``) with a key (the id of its row; None without one).

    Another model than the one that was asked for is its fallback. Every call begins with this. ``version`` is that of
    the catalogue's entry and of the server with which the call is made; :func:`providers.reuse.find_reuse` compares.
    """

    model: str
    key_id: int | None
    version: str = ""


@dataclass(frozen=True, slots=True)
class CallFailed:
    """The call that began last failed before anything was written, and another one follows."""

    error: ProviderError


GatewayEvent = StreamEvent | CallBegun | CallFailed
"""What the gateway streams: calls, one after the other, of which only the last one says something."""


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A model as its provider lists it; sizes in tokens. None where the list does not say."""

    name: str
    label: str
    context_window: int | None = None
    largest_output: int | None = None
    has_vision: bool | None = None
    has_reasoning: bool | None = None


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
        """List the chat models the provider offers, in the order in which people should see them."""
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


class ProviderError(DomainError):
    """The provider could not answer; ``retryable`` says whether asking again may help."""

    code = "provider_error"
    http_status = 502
    retryable: ClassVar[bool] = False


class BadCredentials(ProviderError):
    code = "bad_credentials"


class AccessDenied(BadCredentials):
    """Of an answer it means the same; a key that may not list models may still answer."""


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


class ProviderUnreachable(ProviderUnavailable):
    """Nobody takes calls at its address, so that it is not what was asked that matters."""


class ProviderTimeout(ProviderError):
    code = "provider_timeout"
    retryable = True


class StreamInterrupted(ProviderError):
    code = "stream_interrupted"
    retryable = True
