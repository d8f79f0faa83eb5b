"""An answer in the shape of Anthropic's Messages: as a stream of events, and whole.

A stream says ``message_start`` with the first thing that there is to say. What the prompt came to is only known then
where the provider counts it first; elsewhere it is our estimate, and the counts of ``message_delta`` are those that
hold. Thinking is only told to those who asked for it; what no provider signed has an empty signature.
"""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING, Any

import orjson

from providers.port import (
    Finished,
    PromptRead,
    ProviderError,
    ReasoningDelta,
    SignedReasoning,
    TextDelta,
    ToolCall,
    Usage,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from providers.port import FinishReason, StreamEvent

_STOP_REASONS: dict[FinishReason, str] = {
    "stop": "end_turn",
    "length": "max_tokens",
    "content_filter": "refusal",
    "tool_calls": "tool_use",
}
_UNSIGNED = {"type": "thinking", "thinking": "", "signature": ""}

_WORDS = (
    b'event: content_block_delta\ndata: {"type":"content_block_delta","index":%d,"delta":{"type":"text_delta","text":'
)
"""What most events begin with: they differ only in a few letters."""


class BrokenToolCall(ProviderError):
    """A model called a tool with what is no JSON object; with nothing instead, the tool would do something else."""

    code = "broken_tool_call"


class MessageStream:
    """Writes the events of one answer as they come; ``estimate`` guesses what the prompt comes to, in tokens."""

    def __init__(self, message_id: str, *, estimate: Callable[[], int], shows_thinking: bool) -> None:
        self._id, self._model = message_id, ""
        self._estimate = estimate
        self._prompt: PromptRead | None = None
        self._shows_thinking = shows_thinking
        self._has_begun = False
        self._index = -1
        self._words = b""
        self._open = ""
        self._thought = StringIO()
        self._end: Finished | None = None

    def take(self, event: StreamEvent, model: str) -> Iterator[bytes]:
        """Write what an event comes to, if anything; ``model`` is who answers. Raises BrokenToolCall."""
        if isinstance(event, TextDelta):
            if self._open != "text":
                self._model = model
                yield from self._block("text", {"type": "text", "text": ""})
                self._words = _WORDS % self._index
            yield self._words + orjson.dumps(event.text) + b"}}\n\n"
            return
        self._model = model
        match event:
            case ReasoningDelta() if self._shows_thinking:
                yield from self._block("thinking", _UNSIGNED)
                self._thought.write(event.text)
                yield self._delta({"type": "thinking_delta", "thinking": event.text})
            case SignedReasoning() if self._shows_thinking:
                yield from self._signed(event.block)
            case ToolCall():
                yield from self._call(event)
            case PromptRead():
                self._prompt = event
            case Finished():
                self._end = event

    def finish(self, usage: Usage | None) -> Iterator[bytes]:
        """End the message, once the last event was taken, with what it used."""
        yield from self._close()
        yield from self._start()
        yield _event("message_delta", delta=ending(self._end), usage=whole_usage(usage))
        yield _event("message_stop")

    def _start(self) -> Iterator[bytes]:
        if not self._has_begun:
            self._has_begun = True
            usage = {**prompt_usage(self._prompt or PromptRead(self._estimate())), "output_tokens": 0}
            yield _event("message_start", message={**message_head(self._id, self._model), "usage": usage})

    def _call(self, call: ToolCall) -> Iterator[bytes]:
        arguments(call)
        yield from self._block("", {"type": "tool_use", "id": call.id, "name": call.name, "input": {}})
        yield self._delta({"type": "input_json_delta", "partial_json": call.arguments})
        yield from self._close()

    def _signed(self, block: Any) -> Iterator[bytes]:
        """Sign the thoughts that were told; changed ones (words that are not used here) stay without."""
        if block.get("type") != "thinking":
            yield from self._block("", dict(block))
        elif self._thought.getvalue() == block.get("thinking"):
            yield from self._block("thinking", _UNSIGNED)
            yield self._delta({"type": "signature_delta", "signature": block["signature"]})
        yield from self._close()

    def _block(self, kind: str, begun: dict[str, Any]) -> Iterator[bytes]:
        """Begin a block, unless one of this kind goes on."""
        if not kind or self._open != kind:
            yield from self._close()
            yield from self._start()
            self._open = kind or begun["type"]
            self._index += 1
            yield _event("content_block_start", index=self._index, content_block=begun)

    def _close(self) -> Iterator[bytes]:
        if self._open:
            self._open = ""
            self._thought = StringIO()
            yield _event("content_block_stop", index=self._index)

    def _delta(self, delta: dict[str, Any]) -> bytes:
        return _event("content_block_delta", index=self._index, delta=delta)


class WholeMessage:
    """Gathers the events of one answer into a message."""

    def __init__(self, *, shows_thinking: bool) -> None:
        self._shows_thinking = shows_thinking
        self._blocks: list[dict[str, Any]] = []
        self._text = StringIO()
        self._end: Finished | None = None

    def take(self, event: StreamEvent) -> None:
        """Note an event; raises BrokenToolCall."""
        match event:
            case TextDelta():
                self._open("text", {"type": "text"}).write(event.text)
            case ReasoningDelta() if self._shows_thinking:
                self._open("thinking", {"type": "thinking", "signature": ""}).write(event.text)
            case SignedReasoning() if self._shows_thinking:
                self._sign(dict(event.block))
            case ToolCall():
                self._close()
                called = {"type": "tool_use", "id": event.id, "name": event.name, "input": arguments(event)}
                self._blocks.append(called)
            case Finished():
                self._end = event

    def finish(self, message_id: str, model: str, usage: Usage | None) -> dict[str, Any]:
        """Give the message, once the last event was taken."""
        self._close()
        head = message_head(message_id, model)
        return {**head, "content": self._blocks, **ending(self._end), "usage": whole_usage(usage)}

    def _open(self, kind: str, begun: dict[str, Any]) -> StringIO:
        if not self._blocks or self._blocks[-1]["type"] != kind or kind in self._blocks[-1]:
            self._close()
            self._blocks.append(begun)
        return self._text

    def _close(self) -> None:
        """Give the block that is open, which is the one without a text, the text that was gathered for it."""
        if self._blocks and (kind := self._blocks[-1]["type"]) in {"text", "thinking"}:
            self._blocks[-1].setdefault(kind, self._text.getvalue())
        self._text = StringIO()

    def _sign(self, block: dict[str, Any]) -> None:
        if block.get("type") != "thinking":
            self._close()
            self._blocks.append(block)
            return
        self._open("thinking", {"type": "thinking", "signature": ""})
        self._close()
        if self._blocks[-1].get("thinking") == block.get("thinking"):
            self._blocks[-1]["signature"] = block["signature"]


def message_head(message_id: str, model: str) -> dict[str, Any]:
    """Begin a message that has nothing in it yet."""
    head: dict[str, Any] = {"id": message_id, "type": "message", "role": "assistant", "model": model, "content": []}
    return {**head, "stop_reason": None, "stop_sequence": None}


def ending(end: Finished | None) -> dict[str, Any]:
    """Say why an answer ended, and with which of the texts that were to end it."""
    if end is None:
        return {"stop_reason": "end_turn", "stop_sequence": None}
    if end.stop_sequence:
        return {"stop_reason": "stop_sequence", "stop_sequence": end.stop_sequence}
    return {"stop_reason": _STOP_REASONS[end.reason], "stop_sequence": None}


def prompt_usage(prompt: PromptRead) -> dict[str, int]:
    """Count a prompt as this wire does: what a cache gave or took beside the rest."""
    return {
        "input_tokens": prompt.tokens - prompt.cached_tokens - prompt.cache_write_tokens,
        "cache_read_input_tokens": prompt.cached_tokens,
        "cache_creation_input_tokens": prompt.cache_write_tokens,
    }


def whole_usage(usage: Usage | None) -> dict[str, Any]:
    """Count a prompt and its answer; nothing where nobody was asked."""
    usage = usage or Usage(0, 0)
    prompt = PromptRead(usage.prompt_tokens, usage.cached_tokens, usage.cache_write_tokens)
    details = {"output_tokens_details": {"thinking_tokens": usage.reasoning_tokens}} if usage.reasoning_tokens else {}
    return {**prompt_usage(prompt), "output_tokens": usage.completion_tokens, **details}


def arguments(call: ToolCall) -> dict[str, Any]:
    """Read what a tool is called with; raises BrokenToolCall."""
    try:
        read = orjson.loads(call.arguments)
    except orjson.JSONDecodeError:
        read = None
    if not isinstance(read, dict):
        raise BrokenToolCall("The model called a tool with arguments that cannot be read. Try again.")
    return read


def _event(kind: str, **fields: Any) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (kind.encode(), orjson.dumps({"type": kind, **fields}))
