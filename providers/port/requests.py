"""What is asked."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Role = Literal["system", "user", "assistant", "tool"]


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool that the model may call; ``parameters`` is a JSON Schema.

    ``strict`` holds the model to it, where the provider can; None leaves that to the provider.
    """

    name: str
    description: str
    parameters: Mapping[str, Any]
    strict: bool | None = None


@dataclass(frozen=True, slots=True)
class ToolNamed:
    """The one tool that the model must call."""

    name: str


ToolChoice = Literal["auto", "none", "required"] | ToolNamed
"""Whether the model calls tools: as it likes, never, at least one, or this one."""


@dataclass(frozen=True, slots=True)
class JsonSchema:
    """An answer that is one JSON document of this shape; ``strict`` as in :class:`Tool`."""

    name: str
    schema: Mapping[str, Any]
    strict: bool | None = None
    description: str = ""


ResponseFormat = Literal["text", "json_object"] | JsonSchema

ReasoningEffort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]


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

    ``is_error`` says of a tool's answer that the tool failed. ``pictures`` come before the content; the gateway takes
    them out for a model that cannot see.
    """

    role: Role
    content: str
    tool_calls: tuple[ToolCall, ...] = ()
    reasoning: tuple[SignedReasoning, ...] = ()
    tool_call_id: str = ""
    pictures: tuple[Picture, ...] = ()
    is_error: bool = False

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
    stand in the catalogue (no temperature is added to a ``top_p``). For an adapter, None means that nothing is sent
    (where the wire allows it). What a wire has no word for::

                            Chat Completions                 Messages
        top_k               sent; left out once refused      sent; left out once refused
        seed, penalties     sent; left out once refused      left out: they only vary what is written
        user_label          ``user``                         ``metadata.user_id``
        json_object         ``response_format``              a sentence in the system's words
        JsonSchema          ``response_format``              ``output_config.format``; name and strict are left out
        reasoning_effort    sent; left out once refused      ``thinking``, and ``output_config.effort`` of newer models
        a tool's pictures   in a message of the user after   in the tool's answer
        a tool's is_error   left out: the content says it    sent

    ``tool_choice`` and ``parallel_tools`` say nothing without ``tools`` and are left out then.
    """

    model: str
    messages: tuple[ChatMessage, ...]
    max_output_tokens: int | None = None
    temperature: float | None = None
    tools: tuple[Tool, ...] = ()
    tool_choice: ToolChoice | None = None
    parallel_tools: bool | None = None
    """Whether one answer may call several."""
    top_p: float | None = None
    top_k: int | None = None
    stop: tuple[str, ...] = ()
    """Texts before which the answer ends; none of them is part of it."""
    response_format: ResponseFormat | None = None
    reasoning_effort: ReasoningEffort | None = None
    seed: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    user_label: str | None = None
    """Who asks, in the words of whoever calls for them; never a name of ours."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Further options of the wire, sent as they stand; they replace no part of the request."""


@dataclass(frozen=True, slots=True)
class EmbeddingRequest:
    """Texts (at least one) to one embedding model; ``dimensions`` None for as many as the model has."""

    model: str
    inputs: tuple[str, ...]
    dimensions: int | None = None
    user_label: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    """Further options of the wire, as in a ChatRequest."""
