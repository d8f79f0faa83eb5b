"""The Messages wire: how an answer is read.

``stop_reason`` ends an answer; ``message_stop`` follows it. The prompt's tokens come at the start, with those read from
and written to the cache apart, the answer's tokens at the end. An answer is made of blocks; one of thinking is signed
as a whole, and the tool turn after it is only taken when it comes back as it was.
"""

from __future__ import annotations

from collections import defaultdict
from io import StringIO
from typing import TYPE_CHECKING, Any

import orjson

from providers import faults
from providers.answers import Kept, as_citation, as_count, as_object, as_text
from providers.port import PromptRead, ReasoningDelta, SignedReasoning, TextDelta, ToolCall, Usage, Writing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from providers.port import FinishReason, StreamEvent
    from providers.sse import Event

_FINISH: dict[str, FinishReason] = {
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "pause_turn": "length",
    "refusal": "content_filter",
    "tool_use": "tool_calls",
}
_COUNTED = {
    "input_tokens",
    "output_tokens",
    "cache_read_input_tokens",
    "cache_creation_input_tokens",
    "thinking_tokens",
}
_WHOLE_BLOCKS = {"tool_use", "thinking", "redacted_thinking"}
_PARTS = {"thinking_delta": "thinking", "signature_delta": "signature", "input_json_delta": "partial_json"}


class Reply:
    """See :class:`providers.answers.Answer`."""

    def __init__(self, label: str, model: str) -> None:
        self._label, self._model = label, model
        self._counts: dict[str, int] = {}
        self._kept = Kept()
        self._blocks: dict[object, _Block] = {}
        self.finish: FinishReason | None = None
        self.stop_sequence = ""
        self.is_over = False

    def take(self, event: Event) -> Iterator[StreamEvent]:
        data = event.data
        kind = as_text(data.get("type"), event.name)
        if kind == "error":
            raise faults.stream_fault(self._label, self._model, data)
        if kind.startswith("content_block_") and self.finish is None:
            yield from self._take_block(kind, data)
        elif kind == "message_start":
            self._count(as_object(data.get("message")).get("usage"))
            self._counts.pop("output_tokens", None)  # of an answer that has not begun
            yield from self._prompt()
        elif kind == "message_delta":
            self._count(data.get("usage"))
            ended = as_object(data.get("delta"))
            if (reason := as_text(ended.get("stop_reason"))) and self.finish is None:
                self.finish = _FINISH.get(reason, "stop")
                self.stop_sequence = as_text(ended.get("stop_sequence"))
        elif kind == "message_stop":
            self.finish = self.finish or "stop"
            self.is_over = True

    def _take_block(self, kind: str, data: dict[str, Any]) -> Iterator[StreamEvent]:
        place = data.get("index")
        if not isinstance(place, int | str):
            place = None
        if kind == "content_block_start":
            self._begin_block(place, as_object(data.get("content_block")))
        elif kind == "content_block_delta":
            delta = as_object(data.get("delta"))
            if place in self._blocks:
                self._blocks[place].grow(delta)
            if text := as_text(delta.get("text")):
                yield TextDelta(text)
            elif thought := as_text(delta.get("thinking")):
                yield ReasoningDelta(thought)
            elif "partial_json" in delta:
                yield Writing()
            yield from as_citation(delta.get("citation"))
        elif kind == "content_block_stop" and (block := self._blocks.pop(place, None)):
            yield from block.whole()

    def _begin_block(self, place: int | str | None, begun: dict[str, Any]) -> None:
        self._blocks.pop(place, None)
        if as_text(begun.get("type")) in _WHOLE_BLOCKS:
            self._blocks[place] = _Block(begun, self._kept)

    def _count(self, usage: object) -> None:
        told = as_object(usage)
        told = {**told, **as_object(told.get("output_tokens_details"))}
        counts = {name: as_count(told.get(name)) for name in _COUNTED}
        self._counts |= {name: count for name, count in counts.items() if count is not None}

    def _prompt(self) -> Iterator[PromptRead]:
        """Give what is known of the prompt; this wire counts cached tokens beside it, the port in it."""
        count = self._counts
        if "input_tokens" in count:
            cached, written = count.get("cache_read_input_tokens", 0), count.get("cache_creation_input_tokens", 0)
            yield PromptRead(count["input_tokens"] + cached + written, cached, written)

    @property
    def usage(self) -> Usage | None:
        count, prompt = self._counts, next(self._prompt(), None)
        if prompt is None or "output_tokens" not in count:
            return None
        return Usage(
            prompt_tokens=prompt.tokens,
            completion_tokens=count["output_tokens"],
            cached_tokens=prompt.cached_tokens,
            cache_write_tokens=prompt.cache_write_tokens,
            reasoning_tokens=min(count.get("thinking_tokens", 0), count["output_tokens"]),
        )


class _Block:
    """One block of an answer that only makes sense as a whole, while it comes."""

    def __init__(self, begun: dict[str, Any], kept: Kept) -> None:
        kept.part()
        kept.written(begun)
        self._begun = begun
        self._kept = kept
        self._pieces: defaultdict[str, StringIO] = defaultdict(StringIO)

    def grow(self, delta: dict[str, Any]) -> None:
        if part := _PARTS.get(as_text(delta.get("type"))):
            self._pieces[part].write(self._kept.text(as_text(delta.get(part))))

    def _read(self, part: str) -> str:
        return as_text(self._begun.get(part)) + self._pieces[part].getvalue()

    def whole(self) -> Iterator[StreamEvent]:
        """Give the signed block, or the call of a tool."""
        kind = as_text(self._begun.get("type"))
        if kind == "tool_use":
            written = self._read("partial_json") or orjson.dumps(as_object(self._begun.get("input"))).decode()
            yield ToolCall(as_text(self._begun.get("id")), as_text(self._begun.get("name")), written)
        elif kind == "redacted_thinking":
            yield SignedReasoning(self._begun)
        elif kind == "thinking" and (signature := self._read("signature")):
            yield SignedReasoning({**self._begun, "thinking": self._read("thinking"), "signature": signature})
