"""The Chat Completions wire: how an answer is read.

``finish_reason`` ends an answer. ``[DONE]`` without one ends it only where the server never spoke of reasons: one that
wrote null so far was interrupted. Usage comes in a chunk without choices, or together with the reason, or not at all.
"""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING, Any

from providers import faults
from providers.answers import Kept, as_citation, as_count, as_object, as_text
from providers.port import ReasoningDelta, TextDelta, ToolCall, Usage, Writing
from providers.sse import DONE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from providers.port import FinishReason, StreamEvent
    from providers.sse import Event

_FINISH: dict[str, FinishReason] = {
    "length": "length",
    "max_tokens": "length",
    "content_filter": "content_filter",
    "tool_calls": "tool_calls",
}
_FAILURES = {"error", "abort", "insufficient_system_resource"}


class ChatCompletion:
    """See :class:`providers.answers.Answer`."""

    def __init__(self, label: str, model: str) -> None:
        self._label, self._model = label, model
        self.finish: FinishReason | None = None
        self.stop_sequence = ""
        self.usage: Usage | None = None
        self.is_over = False
        self._tells_reasons = False
        self._is_refusal = False
        self._kept = Kept()
        self._calls: dict[object, _Fragments] = {}

    def take(self, event: Event) -> Iterator[StreamEvent]:
        if event.name == DONE:
            if not self._tells_reasons and self.finish is None:
                yield from self._end("stop")
            self.is_over = True
            return
        choices, told = event.data.get("choices"), event.data.get("usage")
        if not choices and event.data.get("error"):
            raise faults.stream_fault(self._label, self._model, event.data)
        if told:
            self.usage = _read_usage(told) or self.usage
        if isinstance(choices, list) and choices and self.finish is None:
            choice = as_object(choices[0])
            yield from self._take_delta(as_object(choice.get("delta")))
            reason = choice.get("finish_reason", "")
            self._tells_reasons |= reason is None
            if reason:
                yield from self._take_reason(as_text(reason), as_text(choice.get("stop_reason")))

    def _take_reason(self, reason: str, stop_sequence: str) -> Iterator[StreamEvent]:
        """End the answer; vLLM also says at which text."""
        if reason in _FAILURES:
            raise faults.interrupted(self._label)
        if reason:
            self.stop_sequence = stop_sequence
            yield from self._end(_FINISH.get(reason, "stop"))

    def _take_delta(self, delta: dict[str, Any]) -> Iterator[StreamEvent]:
        if thought := as_text(delta.get("reasoning_content"), delta.get("reasoning")):
            yield ReasoningDelta(thought)
        if text := as_text(delta.get("content")):
            yield TextDelta(text)
        elif refusal := as_text(delta.get("refusal")):
            self._is_refusal = True
            yield TextDelta(refusal)
        if isinstance(annotations := delta.get("annotations"), list):
            for annotation in annotations:
                yield from as_citation(as_object(annotation).get("url_citation"))
        if isinstance(fragments := delta.get("tool_calls"), list):
            for fragment in fragments:
                self._take_fragment(as_object(fragment))
                yield Writing()

    def _take_fragment(self, told: dict[str, Any]) -> None:
        """Add to the call of this index; servers that send whole calls do not always count them."""
        place = told.get("index")
        if not isinstance(place, int | str):
            place = len(self._calls)
        if place not in self._calls:
            self._kept.part()
            self._calls[place] = _Fragments(self._kept)
        self._calls[place].take(told)

    def _end(self, reason: FinishReason) -> Iterator[StreamEvent]:
        """End the answer; calls of tools are whole only when it was not cut, and some servers call that a stop."""
        self.finish = reason
        if self._is_refusal and reason == "stop":
            self.finish = "content_filter"
        calls = [call.joined(number) for number, call in enumerate(self._calls.values())]
        named = [call for call in calls if call.name]
        if named and reason in {"stop", "tool_calls"}:
            self.finish = "tool_calls"
            yield from named


class _Fragments:
    """One call of a tool, as it comes in pieces."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        self._id = self._name = ""
        self._arguments = StringIO()

    def take(self, told: dict[str, Any]) -> None:
        function = as_object(told.get("function"))
        self._id = self._id or self._kept.text(as_text(told.get("id")))
        self._name = self._name or self._kept.text(as_text(function.get("name")))
        written = function.get("arguments")
        keep = self._kept
        self._arguments.write(keep.written(written) if isinstance(written, dict) else keep.text(as_text(written)))

    def joined(self, number: int) -> ToolCall:
        return ToolCall(self._id or f"call_{number}", self._name, self._arguments.getvalue() or "{}")


def _read_usage(told: object) -> Usage | None:
    """Read the tokens; where a server leaves reasoning out of the answer's, its total still has it."""
    usage = as_object(told)
    prompt, completion = as_count(usage.get("prompt_tokens")), as_count(usage.get("completion_tokens"))
    if prompt is None or completion is None:
        return None
    read = as_object(usage.get("prompt_tokens_details"))
    written = as_object(usage.get("completion_tokens_details"))
    completion = max(completion, (as_count(usage.get("total_tokens")) or 0) - prompt)
    cached = min(as_count(read.get("cached_tokens")) or 0, prompt)
    return Usage(
        prompt_tokens=prompt,
        completion_tokens=completion,
        cached_tokens=cached,
        cache_write_tokens=min(as_count(read.get("cache_write_tokens")) or 0, prompt - cached),
        reasoning_tokens=min(as_count(written.get("reasoning_tokens")) or 0, completion),
    )
