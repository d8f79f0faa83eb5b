"""An answer in the shape of OpenAI's Chat Completions: as a stream of chunks, and whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from providers.port import Citation, Finished, ReasoningDelta, TextDelta, ToolCall

if TYPE_CHECKING:
    from collections.abc import Iterator

    from providers.port import FinishReason, StreamEvent, Usage

DONE = b"data: [DONE]\n\n"


class Chunks:
    """Writes the events of an answer as chunks; ``tells_usage`` leaves its place in each of them, as OpenAI does."""

    def __init__(self, answer_id: str, *, created: int, tells_usage: bool) -> None:
        self._id, self._created, self._tells_usage = answer_id, created, tells_usage
        self._calls = 0
        self._head = self._words = self._thoughts = self._tail = b""

    def take(self, event: StreamEvent, model: str) -> Iterator[bytes]:
        """Write what an event comes to, if anything; ``model`` is who answers, which the first word makes certain."""
        if not isinstance(event, TextDelta | ReasoningDelta | ToolCall | Citation | Finished):
            return
        if not self._head:
            self._begin(model)
            yield self._delta({"role": "assistant", "content": ""})
        if isinstance(event, TextDelta):
            yield self._words + orjson.dumps(event.text) + self._tail
        elif isinstance(event, ReasoningDelta):
            yield self._thoughts + orjson.dumps(event.text) + self._tail
        elif isinstance(event, ToolCall):
            yield self._delta({"tool_calls": [{"index": self._calls, **_call(event)}]})
            self._calls += 1
        elif isinstance(event, Citation):
            yield self._delta({"annotations": [_annotation(event)]})
        else:
            yield self._delta({}, event.reason)

    def usage(self, usage: Usage) -> bytes:
        """Write the last chunk, which is there for what was used."""
        return self._head + b'[],"usage":' + orjson.dumps(usage_of(usage)) + b"}\n\n"

    def _begin(self, model: str) -> None:
        """Write once what all chunks begin and end with: most of them differ only in a few letters."""
        told = {"id": self._id, "object": "chat.completion.chunk", "created": self._created, "model": model}
        self._head = b"data: " + orjson.dumps(told)[:-1] + b',"choices":'
        self._words = self._head + b'[{"index":0,"delta":{"content":'
        self._thoughts = self._head + b'[{"index":0,"delta":{"reasoning_content":'
        self._tail = b'},"finish_reason":null}]' + self._end()

    def _delta(self, delta: dict[str, Any], reason: FinishReason | None = None) -> bytes:
        return self._head + orjson.dumps([{"index": 0, "delta": delta, "finish_reason": reason}]) + self._end()

    def _end(self) -> bytes:
        return b',"usage":null}\n\n' if self._tells_usage else b"}\n\n"


class WholeAnswer:
    """Gathers the events of an answer into one object."""

    def __init__(self) -> None:
        self._words: list[str] = []
        self._thoughts: list[str] = []
        self._calls: list[dict[str, Any]] = []
        self._citations: list[dict[str, Any]] = []
        self._reason: FinishReason = "stop"

    def take(self, event: StreamEvent) -> None:
        match event:
            case TextDelta():
                self._words.append(event.text)
            case ReasoningDelta():
                self._thoughts.append(event.text)
            case ToolCall():
                self._calls.append(_call(event))
            case Citation():
                self._citations.append(_annotation(event))
            case Finished():
                self._reason = event.reason

    def document(self, answer_id: str, model: str, *, created: int, usage: Usage | None) -> dict[str, Any]:
        words = "".join(self._words)
        message: dict[str, Any] = {
            "role": "assistant",
            "content": words if words or not self._calls else None,
            "refusal": None,
            "annotations": self._citations,
        }
        if self._thoughts:
            message["reasoning_content"] = "".join(self._thoughts)
        if self._calls:
            message["tool_calls"] = self._calls
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": self._reason}
        head = {"id": answer_id, "object": "chat.completion", "created": created, "model": model}
        return {**head, "choices": [choice], **({"usage": usage_of(usage)} if usage else {})}


def usage_of(usage: Usage) -> dict[str, Any]:
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.prompt_tokens + usage.completion_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_tokens},
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
    }


def _call(call: ToolCall) -> dict[str, Any]:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}


def _annotation(citation: Citation) -> dict[str, Any]:
    page = {"url": citation.url, "title": citation.title, "start_index": 0, "end_index": 0}
    return {"type": "url_citation", "url_citation": page}
