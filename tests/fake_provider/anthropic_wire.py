"""Messages, as its server speaks it."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import TYPE_CHECKING, Any

from tests.fake_provider.billing import words_of
from tests.fake_provider.wire import Event, dump, split_in_two

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fake_provider.behaviour import Behaviour
    from tests.fake_provider.billing import Tokens

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

REDACTED = "UmVkYWN0ZWQ+/\u2028="


def sign(thinking: str) -> str:
    """Sign a block of thinking; one that comes back otherwise is refused."""
    return base64.b64encode(hashlib.sha256(thinking.encode()).digest()).decode()


class AnthropicWire:
    """Messages."""

    def __init__(self, model: str) -> None:
        self.model = model
        self.index = -1
        self.block = ""
        self.thought: list[str] = []

    def model_list(self, models: list[dict[str, Any]]) -> dict[str, Any]:
        ends = {"first_id": models[0]["id"], "last_id": models[-1]["id"]} if models else {}
        return {"data": models, "has_more": False, **ends}

    def complaint(self, body: dict[str, Any]) -> str | None:
        missing = [name for name in ("model", "messages", "max_tokens") if not body.get(name)]
        if missing:
            return f"{missing[0]}: Field required"
        messages = body["messages"]
        if any(one.get("role") not in {"user", "assistant"} for one in messages):
            return "messages: Unexpected role. Allowed roles are 'user' or 'assistant'"
        if messages[0]["role"] != "user" or messages[-1]["role"] != "user":
            return "messages: the conversation must begin and end with a user message"
        if any(not _is_filled(one.get("content")) for one in messages):
            return "messages: text content blocks must be non-empty"
        if about_tools := _complaint_about_tools(body):
            return about_tools
        thinks = as_object(body.get("thinking")).get("type") in {"enabled", "adaptive"}
        turns = [one["content"] for one in messages if one["role"] == "assistant" and isinstance(one["content"], list)]
        return next(filter(None, (_complaint_about(blocks, thinks=thinks) for blocks in turns)), None)

    def start(self, behaviour: Behaviour, usage: Tokens) -> Iterator[Event]:
        message: dict[str, Any] = {"id": "msg_fake", "type": "message", "role": "assistant", "content": []}
        message |= {"model": self.model, "stop_reason": None, "stop_sequence": None}
        if behaviour.usage != "missing":
            told = {**_prompt_usage(usage), "output_tokens": 1}
            message["usage"] = {"null": None, "nonsense": _nonsense()}.get(behaviour.usage, told)
        yield self._event("message_start", message=message)
        yield self._event("ping")

    def reasoning(self, behaviour: Behaviour, text: str) -> Iterator[Event]:
        del behaviour
        yield from self._open("thinking", {"type": "thinking", "thinking": "", "signature": ""})
        self.thought.append(text)
        yield self._delta({"type": "thinking_delta", "thinking": text})

    def redacted(self) -> Iterator[Event]:
        yield from self._close()
        yield from self._open("redacted_thinking", {"type": "redacted_thinking", "data": REDACTED})
        yield from self._close()

    def text(self, text: str) -> Iterator[Event]:
        yield from self._open("text", {"type": "text", "text": ""})
        yield self._delta({"type": "text_delta", "text": text})

    def calls(self, behaviour: Behaviour) -> Iterator[Event]:
        for number, name in enumerate(behaviour.tools):
            yield from self._close()
            block = {"type": "tool_use", "id": f"toolu_{name}_{number}", "name": name, "input": {}}
            yield from self._open("tool_use", block)
            for half in ("", *split_in_two(behaviour.arguments)):
                yield self._delta({"type": "input_json_delta", "partial_json": half})

    def unknown(self) -> Iterator[Event]:
        yield self._event("telemetry", load=0.4)
        yield self._delta({"type": "citations_delta", "citation": {}})
        yield "content_block_delta", "[]"

    def ping(self) -> bytes:
        return b'event: ping\ndata: {"type":"ping"}\n\n'

    def finish(self, behaviour: Behaviour, usage: Tokens, *, include_usage: bool) -> Iterator[Event]:
        del include_usage
        for page in behaviour.pages:
            cited = {"type": "web_search_result_location", "url": page, "title": f"About {page}", "cited_text": "so"}
            yield self._delta({"type": "citations_delta", "citation": cited})
        yield from self._close()
        if not behaviour.no_finish:
            usual = "stop_sequence" if behaviour.stop_sequence else "end_turn"
            reason = behaviour.finish or ("tool_use" if behaviour.tools else usual)
            delta = {"stop_reason": reason, "stop_sequence": behaviour.stop_sequence}
            told: dict[str, Any] = {"usage": _answer_usage(usage)}
            odd: dict[str, dict[str, Any]] = {
                "missing": {},
                "null": {"usage": None},
                "nonsense": {"usage": _nonsense()},
            }
            event = self._event("message_delta", delta=delta, **odd.get(behaviour.usage, told))
            yield from [event] * (2 if behaviour.duplicate_finish else 1)
        if not behaviour.no_done:
            yield self._event("message_stop")
        if behaviour.late:
            yield self._delta({"type": "text_delta", "text": " and late words"})

    def error(self, behaviour: Behaviour) -> Event:
        return "error", dump(self.error_body(529, behaviour))

    def whole(self, behaviour: Behaviour, text: str, usage: Tokens) -> dict[str, Any]:
        told = {**_prompt_usage(usage), **_answer_usage(usage)}
        head = {"id": "msg_fake", "type": "message", "role": "assistant", "model": self.model, "usage": told}
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
            signature = sign("".join(self.thought))
            self.thought.clear()
            for half in split_in_two(signature):
                yield self._delta({"type": "signature_delta", "signature": half})
        if self.block:
            self.block = ""
            yield self._event("content_block_stop", index=self.index)

    def _delta(self, delta: dict[str, Any]) -> Event:
        return self._event("content_block_delta", index=self.index, delta=delta)

    def _event(self, kind: str, **fields: Any) -> Event:
        return kind, dump({"type": kind, **fields})


def as_object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _is_filled(content: object) -> bool:
    if isinstance(content, list):
        texts = [part for part in content if as_object(part).get("type") == "text"]
        return bool(content) and all(part.get("text", "").strip() for part in texts)
    return bool(words_of(content).strip())


def _complaint_about(blocks: list[dict[str, Any]], *, thinks: bool) -> str | None:
    """Look at the blocks of an answer that comes back: thinking first, and as it was."""
    kinds = [block.get("type") for block in blocks]
    if thinks and "tool_use" in kinds and kinds[0] not in {"thinking", "redacted_thinking"}:
        return "messages: Expected `thinking` or `redacted_thinking`, but found `tool_use`"
    for block in blocks:
        if block.get("type") == "thinking" and block.get("signature") != sign(block.get("thinking", "")):
            return "messages: Invalid `signature` in `thinking` block"
        if block.get("type") == "redacted_thinking" and block.get("data") != REDACTED:
            return "messages: Invalid `data` in `redacted_thinking` block"
    return None


def _complaint_about_tools(body: dict[str, Any]) -> str | None:
    blocks = [as_object(part) for one in body["messages"] for part in _blocks(one)]
    if any(block.get("type") == "tool_use" for block in blocks) and not body.get("tools"):
        return "Requests which include `tool_use` or `tool_result` blocks must define tools"
    ids = [block.get("id") or block.get("tool_use_id") for block in blocks if "tool" in str(block.get("type"))]
    if not all(re.fullmatch(r"[A-Za-z0-9_-]+", str(one)) for one in ids):
        return "messages: tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'"
    kinds = [[as_object(part).get("type") == "tool_result" for part in _blocks(one)] for one in body["messages"]]
    if any(order != sorted(order, reverse=True) for order in kinds):
        return "messages: `tool_result` blocks must come first in the content"
    thinks = as_object(body.get("thinking")).get("type") in {"enabled", "adaptive"}
    if thinks and as_object(body.get("tool_choice")).get("type") in {"any", "tool"}:
        return "Thinking may not be enabled when tool_choice forces tool use."
    return None


def _blocks(message: dict[str, Any]) -> list[Any]:
    content = message.get("content")
    return content if isinstance(content, list) else []


def _prompt_usage(usage: Tokens) -> dict[str, Any]:
    cached, written = usage.cached_tokens, usage.cache_write_tokens
    told = {"input_tokens": usage.prompt_tokens - cached - written}
    return told | {"cache_read_input_tokens": cached, "cache_creation_input_tokens": written}


def _answer_usage(usage: Tokens) -> dict[str, Any]:
    details = {"output_tokens_details": {"thinking_tokens": usage.reasoning_tokens}} if usage.reasoning_tokens else {}
    return {"output_tokens": usage.completion_tokens, **details}


def _nonsense() -> dict[str, Any]:
    return {"input_tokens": -3, "output_tokens": "many", "cache_read_input_tokens": None}
