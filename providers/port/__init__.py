"""The port: what the house asks of whoever answers, and the errors that can come back.

A provider is one wire protocol. It turns a :class:`ChatRequest` into a stream of :data:`StreamEvent`::

    Accepted  PromptRead?  (ReasoningDelta | SignedReasoning | TextDelta | Writing | ToolCall | Citation)*
    Usage?  Finished

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

from providers.port.adapters import (
    Embedder,
    ModelInfo,
    ModelKind,
    Moderator,
    Provider,
    ProviderConfig,
    Verdict,
)
from providers.port.errors import (
    AccessDenied,
    BadCredentials,
    ContextTooLong,
    ModelNotFound,
    ProviderError,
    ProviderTimeout,
    ProviderUnavailable,
    ProviderUnreachable,
    RateLimited,
    RequestRefused,
    StreamInterrupted,
)
from providers.port.events import (
    Accepted,
    CallBegun,
    CallFailed,
    Citation,
    EmbeddingEvent,
    Embeddings,
    Finished,
    FinishReason,
    GatewayEvent,
    PromptRead,
    ReasoningDelta,
    StreamEvent,
    TextDelta,
    Usage,
    Writing,
)
from providers.port.requests import (
    ChatMessage,
    ChatRequest,
    EmbeddingRequest,
    JsonSchema,
    Picture,
    ReasoningEffort,
    ResponseFormat,
    Role,
    SignedReasoning,
    Tool,
    ToolCall,
    ToolChoice,
    ToolNamed,
)

__all__ = [
    "Accepted",
    "AccessDenied",
    "BadCredentials",
    "CallBegun",
    "CallFailed",
    "ChatMessage",
    "ChatRequest",
    "Citation",
    "ContextTooLong",
    "Embedder",
    "EmbeddingEvent",
    "EmbeddingRequest",
    "Embeddings",
    "FinishReason",
    "Finished",
    "GatewayEvent",
    "JsonSchema",
    "ModelInfo",
    "ModelKind",
    "ModelNotFound",
    "Moderator",
    "Picture",
    "PromptRead",
    "Provider",
    "ProviderConfig",
    "ProviderError",
    "ProviderTimeout",
    "ProviderUnavailable",
    "ProviderUnreachable",
    "RateLimited",
    "ReasoningDelta",
    "ReasoningEffort",
    "RequestRefused",
    "ResponseFormat",
    "Role",
    "SignedReasoning",
    "StreamEvent",
    "StreamInterrupted",
    "TextDelta",
    "Tool",
    "ToolCall",
    "ToolChoice",
    "ToolNamed",
    "Usage",
    "Verdict",
    "Writing",
]
