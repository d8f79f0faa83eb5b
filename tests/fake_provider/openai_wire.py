"""Chat Completions, as its servers speak it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.fake_provider.embedding import EMBEDDING_MODELS
from tests.fake_provider.wire import CREATED, Event, dump, split_in_two

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fake_provider.behaviour import Behaviour
    from tests.fake_provider.billing import Tokens

OPENAI_MODELS: list[dict[str, Any]] = [
    {"id": name, "object": "model", "created": CREATED + offset, "owned_by": "fake"}
    for offset, name in enumerate(
        ["fake-echo", "fake-slow", "fake-long", "fake-reasoning", "gpt-5.5", *EMBEDDING_MODELS]
    )
]


class OpenAIWire:
    """Chat Completions."""

    def __init__(self, model: str) -> None:
        self.model = model
        self.tells_reasons = True
        self.part = "content"

    def model_list(self, models: list[dict[str, Any]]) -> dict[str, Any]:
        return {"object": "list", "data": models}

    def complaint(self, body: dict[str, Any]) -> str | None:
        missing = [name for name in ("model", "messages") if not body.get(name)]
        return f"you must provide {missing[0]}" if missing else None

    def start(self, behaviour: Behaviour, usage: Tokens) -> Iterator[Event]:
        del usage
        self.tells_reasons = not behaviour.no_finish
        self.part = "refusal" if behaviour.refusal else "content"
        if behaviour.empty_choices:
            yield None, dump({**self._chunk({}), "choices": []})
        yield None, dump(self._chunk({"role": "assistant", "content": ""}))

    def reasoning(self, behaviour: Behaviour, text: str) -> Iterator[Event]:
        yield None, dump(self._chunk({behaviour.reasoning_field: text, "content": None}))

    def redacted(self) -> Iterator[Event]:
        yield from ()

    def text(self, text: str) -> Iterator[Event]:
        yield None, dump(self._chunk({self.part: text}))

    def calls(self, behaviour: Behaviour) -> Iterator[Event]:
        """Name every tool first, then send the halves of the arguments in turn, as servers may."""
        for index, name in enumerate(behaviour.tools):
            function = {"name": name, "arguments": ""}
            yield self._call({"index": index, "id": f"call_{name}_{index}", "type": "function", "function": function})
        for half in split_in_two(behaviour.arguments):
            for index, _ in enumerate(behaviour.tools):
                yield self._call({"index": index, "function": {"arguments": half}})

    def _call(self, fragment: dict[str, Any]) -> Event:
        return None, dump(self._chunk({"tool_calls": [fragment]}))

    def unknown(self) -> Iterator[Event]:
        yield "telemetry", dump({"object": "telemetry", "load": 0.4})
        yield None, "[]"
        yield None, dump({**self._chunk({}), "choices": [{"index": 0}]})

    def ping(self) -> bytes:
        return b": keep-alive\n\n"

    def finish(self, behaviour: Behaviour, usage: Tokens, *, include_usage: bool) -> Iterator[Event]:
        for page in behaviour.pages:
            told = {"type": "url_citation", "url_citation": {"url": page, "title": f"About {page}", "start_index": 0}}
            yield None, dump(self._chunk({"annotations": [told]}))
        if not behaviour.no_finish:
            reason = behaviour.finish or ("tool_calls" if behaviour.tools else "stop")
            yield from [(None, dump(self._chunk({}, reason)))] * (2 if behaviour.duplicate_finish else 1)
        if behaviour.usage in {"always", "nonsense"} or (behaviour.usage == "asked" and include_usage):
            told = _nonsense() if behaviour.usage == "nonsense" else _usage(usage)
            yield None, dump({**self._chunk({}), "choices": [], "usage": told})
        elif behaviour.usage == "null":
            yield None, dump({**self._chunk({}), "choices": [], "usage": None})
        if not behaviour.no_done:
            yield None, "[DONE]"
        if behaviour.late:
            yield None, dump(self._chunk({"content": " and late words"}))

    def error(self, behaviour: Behaviour) -> Event:
        return None, dump(self.error_body(500, behaviour))

    def whole(self, behaviour: Behaviour, text: str, usage: Tokens) -> dict[str, Any]:
        choice = {
            "index": 0,
            "message": {"role": "assistant", "content": text},
            "finish_reason": behaviour.finish or "stop",
        }
        return {**self._chunk({}), "object": "chat.completion", "choices": [choice], "usage": _usage(usage)}

    def error_body(self, status: int, behaviour: Behaviour) -> dict[str, Any]:
        code: str | int | None = behaviour.error_code
        message = behaviour.message or f"the fake provider answers {status}"
        if behaviour.context_too_long:
            code, message = "context_length_exceeded", "This model's maximum context length is 8192 tokens."
        if behaviour.detail:
            return {"detail": message}
        kind = behaviour.error_type or ("server_error" if status >= 500 else "invalid_request_error")
        return {"error": {"message": message, "type": kind, "param": behaviour.error_param, "code": code}}

    def _chunk(self, delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "logprobs": None}
        choice |= {"finish_reason": finish} if self.tells_reasons else {}
        head = {"id": "chatcmpl-fake", "object": "chat.completion.chunk", "created": CREATED}
        return {**head, "model": self.model, "choices": [choice], "obfuscation": "xyz"}


def _usage(usage: Tokens) -> dict[str, Any]:
    details: dict[str, Any] = {}
    if usage.cached_tokens or usage.cache_write_tokens:
        read = {"cached_tokens": usage.cached_tokens, "cache_write_tokens": usage.cache_write_tokens}
        details["prompt_tokens_details"] = read
    if usage.reasoning_tokens:
        details["completion_tokens_details"] = {"reasoning_tokens": usage.reasoning_tokens}
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.prompt_tokens + usage.completion_tokens,
        **details,
    }


def _nonsense() -> dict[str, Any]:
    return {"prompt_tokens": -3, "completion_tokens": "many", "total_tokens": 1e400, "prompt_tokens_details": 7}
