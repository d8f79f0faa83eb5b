"""What comes back: the events of an answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from providers.port.requests import SignedReasoning, ToolCall

if TYPE_CHECKING:
    from array import array

    from providers.port.errors import ProviderError

FinishReason = Literal["stop", "length", "content_filter", "tool_calls"]
"""Why the model ended: it was done, it reached the output limit, the provider's filter cut it off, or it waits for
what its tools answer."""


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
class Writing:
    """The model writes a call of a tool, which comes when it is whole; so far there is nothing to show."""


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
    """The end; ``stop_sequence`` is the text of ``ChatRequest.stop`` that brought it, where the wire says which."""

    reason: FinishReason
    stop_sequence: str = ""


StreamEvent = (
    Accepted
    | PromptRead
    | TextDelta
    | ReasoningDelta
    | SignedReasoning
    | Writing
    | ToolCall
    | Citation
    | Usage
    | Finished
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
class Embeddings:
    """One vector of 32-bit floats for each text, in their order; ``usage`` counts the texts as prompt."""

    vectors: tuple[array[float], ...] = field(repr=False)
    usage: Usage


EmbeddingEvent = CallBegun | CallFailed | Embeddings
"""What the gateway gives where texts are embedded: calls, one after the other, and what the last one brought."""
