"""The two wire protocols, as their servers speak them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fake_provider.behaviour import Behaviour

Event = tuple[str | None, str]
"""The event's name, where the wire has names, and its data."""

CREATED = 1_790_000_000

OPENAI_MODELS: list[dict[str, Any]] = [
    {"id": name, "object": "model", "created": CREATED + offset, "owned_by": "fake"}
    for offset, name in enumerate(["fake-echo", "fake-slow", "fake-long", "fake-reasoning", "gpt-5.5"])
]
ANTHROPIC_MODELS: list[dict[str, Any]] = [
    {
        "type": "model",
        "id": name,
        "display_name": label,
        "created_at": "2026-09-01T00:00:00Z",
        "max_input_tokens": 300_000,
        "max_tokens": 64_000,
        "capabilities": None,
    }
    for name, label in [("claude-sonnet-5-5", "Claude Sonnet 5.5"), ("fake-echo", "Fake Echo")]
]


class Wire(Protocol):
    """One protocol: all that differs between the two."""

    def model_list(self, models: list[dict[str, Any]]) -> dict[str, Any]: ...
    def question(self, body: dict[str, Any]) -> str: ...
    def complaint(self, body: dict[str, Any]) -> str | None: ...
    def start(self, behaviour: Behaviour) -> Iterator[Event]: ...
    def reasoning(self, behaviour: Behaviour, text: str) -> Iterator[Event]: ...
    def text(self, text: str) -> Iterator[Event]: ...
    def unknown(self) -> Iterator[Event]: ...
    def ping(self) -> bytes: ...
    def finish(self, behaviour: Behaviour, sent_chars: int, *, include_usage: bool) -> Iterator[Event]: ...
    def error(self, behaviour: Behaviour) -> Event: ...
    def whole(self, behaviour: Behaviour, text: str) -> dict[str, Any]: ...
    def error_body(self, status: int, behaviour: Behaviour) -> dict[str, Any]: ...


def _dump(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def _words_of(content: object) -> str:
    """Read a message's content: a string, or a list of parts."""
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""


def _last_user_text(body: dict[str, Any]) -> str:
    messages = [one for one in body.get("messages", []) if isinstance(one, dict)]
    asked = [_words_of(one.get("content")) for one in messages if one.get("role") == "user"]
    return asked[-1] if asked else ""


class OpenAIWire:
    """Chat Completions."""

    def __init__(self, model: str) -> None:
        self.model = model
        self.tells_reasons = True

    def model_list(self, models: list[dict[str, Any]]) -> dict[str, Any]:
        return {"object": "list", "data": models}

    def question(self, body: dict[str, Any]) -> str:
        return _last_user_text(body)

    def complaint(self, body: dict[str, Any]) -> str | None:
        missing = [name for name in ("model", "messages") if not body.get(name)]
        return f"you must provide {missing[0]}" if missing else None

    def start(self, behaviour: Behaviour) -> Iterator[Event]:
        self.tells_reasons = not behaviour.no_finish
        if behaviour.empty_choices:
            yield None, _dump({**self._chunk({}), "choices": []})
        yield None, _dump(self._chunk({"role": "assistant", "content": ""}))

    def reasoning(self, behaviour: Behaviour, text: str) -> Iterator[Event]:
        yield None, _dump(self._chunk({behaviour.reasoning_field: text, "content": None}))

    def text(self, text: str) -> Iterator[Event]:
        yield None, _dump(self._chunk({"content": text}))

    def unknown(self) -> Iterator[Event]:
        yield "telemetry", _dump({"object": "telemetry", "load": 0.4})
        yield None, "[]"
        yield None, _dump({**self._chunk({}), "choices": [{"index": 0}]})

    def ping(self) -> bytes:
        return b": keep-alive\n\n"

    def finish(self, behaviour: Behaviour, sent_chars: int, *, include_usage: bool) -> Iterator[Event]:
        if not behaviour.no_finish:
            reason = behaviour.finish or "stop"
            yield from [(None, _dump(self._chunk({}, reason)))] * (2 if behaviour.duplicate_finish else 1)
        if behaviour.usage == "always" or (behaviour.usage == "asked" and include_usage):
            usage = {"prompt_tokens": 25, "completion_tokens": sent_chars, "total_tokens": 25 + sent_chars}
            yield None, _dump({**self._chunk({}), "choices": [], "usage": usage})
        elif behaviour.usage == "null":
            yield None, _dump({**self._chunk({}), "choices": [], "usage": None})
        if not behaviour.no_done:
            yield None, "[DONE]"
        if behaviour.late:
            yield None, _dump(self._chunk({"content": " and late words"}))

    def error(self, behaviour: Behaviour) -> Event:
        return None, _dump(self.error_body(500, behaviour))

    def whole(self, behaviour: Behaviour, text: str) -> dict[str, Any]:
        choice = {
            "index": 0,
            "message": {"role": "assistant", "content": text},
            "finish_reason": behaviour.finish or "stop",
        }
        usage = {"prompt_tokens": 25, "completion_tokens": len(text), "total_tokens": 25 + len(text)}
        return {**self._chunk({}), "object": "chat.completion", "choices": [choice], "usage": usage}

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


class AnthropicWire:
    """Messages."""

    def __init__(self, model: str) -> None:
        self.model = model
        self.index = -1
        self.block = ""

    def model_list(self, models: list[dict[str, Any]]) -> dict[str, Any]:
        ends = {"first_id": models[0]["id"], "last_id": models[-1]["id"]} if models else {}
        return {"data": models, "has_more": False, **ends}

    def question(self, body: dict[str, Any]) -> str:
        return _last_user_text(body)

    def complaint(self, body: dict[str, Any]) -> str | None:
        missing = [name for name in ("model", "messages", "max_tokens") if not body.get(name)]
        if missing:
            return f"{missing[0]}: Field required"
        messages = body["messages"]
        if any(one.get("role") not in {"user", "assistant"} for one in messages):
            return "messages: Unexpected role. Allowed roles are 'user' or 'assistant'"
        if messages[0]["role"] != "user" or messages[-1]["role"] != "user":
            return "messages: the conversation must begin and end with a user message"
        if any(not _words_of(one.get("content")).strip() for one in messages):
            return "messages: text content blocks must be non-empty"
        return None

    def start(self, behaviour: Behaviour) -> Iterator[Event]:
        usage: dict[str, Any] = {"input_tokens": 20, "cache_read_input_tokens": 3}
        usage |= {"cache_creation_input_tokens": 2, "output_tokens": 1}
        message: dict[str, Any] = {"id": "msg_fake", "type": "message", "role": "assistant", "content": []}
        message |= {"model": self.model, "stop_reason": None, "stop_sequence": None}
        if behaviour.usage != "missing":
            message["usage"] = None if behaviour.usage == "null" else usage
        yield self._event("message_start", message=message)
        yield self._event("ping")

    def reasoning(self, behaviour: Behaviour, text: str) -> Iterator[Event]:
        del behaviour
        yield from self._open("thinking", {"type": "thinking", "thinking": "", "signature": ""})
        yield self._delta({"type": "thinking_delta", "thinking": text})

    def text(self, text: str) -> Iterator[Event]:
        yield from self._open("text", {"type": "text", "text": ""})
        yield self._delta({"type": "text_delta", "text": text})

    def unknown(self) -> Iterator[Event]:
        yield self._event("telemetry", load=0.4)
        yield self._delta({"type": "citations_delta", "citation": {}})
        yield "content_block_delta", "[]"

    def ping(self) -> bytes:
        return b'event: ping\ndata: {"type":"ping"}\n\n'

    def finish(self, behaviour: Behaviour, sent_chars: int, *, include_usage: bool) -> Iterator[Event]:
        del include_usage
        yield from self._close()
        if not behaviour.no_finish:
            delta = {"stop_reason": behaviour.finish or "end_turn", "stop_sequence": None}
            usage: dict[str, Any] = {"usage": {"output_tokens": sent_chars}}
            usage = {"missing": {}, "null": {"usage": None}}.get(behaviour.usage, usage)
            event = self._event("message_delta", delta=delta, **usage)
            yield from [event] * (2 if behaviour.duplicate_finish else 1)
        if not behaviour.no_done:
            yield self._event("message_stop")
        if behaviour.late:
            yield self._delta({"type": "text_delta", "text": " and late words"})

    def error(self, behaviour: Behaviour) -> Event:
        return "error", _dump(self.error_body(529, behaviour))

    def whole(self, behaviour: Behaviour, text: str) -> dict[str, Any]:
        usage = {"input_tokens": 25, "output_tokens": len(text)}
        head = {"id": "msg_fake", "type": "message", "role": "assistant", "model": self.model, "usage": usage}
        end = {"stop_reason": behaviour.finish or "end_turn", "stop_sequence": None}
        return {**head, **end, "content": [{"type": "text", "text": text}]}

    def error_body(self, status: int, behaviour: Behaviour) -> dict[str, Any]:
        kinds = {401: "authentication_error", 403: "permission_error", 404: "not_found_error"}
        kinds |= {429: "rate_limit_error", 500: "api_error", 529: "overloaded_error"}
        message = behaviour.message or f"the fake provider answers {status}"
        if behaviour.context_too_long:
            message = "prompt is too long: 210000 tokens > 200000 maximum"
        kind = behaviour.error_type or kinds.get(status, "invalid_request_error")
        error = {"type": kind, "message": message}
        if behaviour.error_code:
            error["code"] = behaviour.error_code
        return {"type": "error", "error": error, "request_id": "req_fake"}

    def _open(self, kind: str, block: dict[str, Any]) -> Iterator[Event]:
        if self.block != kind:
            yield from self._close()
            self.block = kind
            self.index += 1
            yield self._event("content_block_start", index=self.index, content_block=block)

    def _close(self) -> Iterator[Event]:
        if self.block == "thinking":
            yield self._delta({"type": "signature_delta", "signature": "c2lnbmVk"})
        if self.block:
            self.block = ""
            yield self._event("content_block_stop", index=self.index)

    def _delta(self, delta: dict[str, Any]) -> Event:
        return self._event("content_block_delta", index=self.index, delta=delta)

    def _event(self, kind: str, **fields: Any) -> Event:
        return kind, _dump({"type": kind, **fields})
