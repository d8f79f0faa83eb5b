"""The Messages wire: what is sent.

An answer is never begun for the model ("prefill"): to continue one, the last message asks for it. Sides take turns,
what tools answered comes before anything else of its turn, and no tool is spoken of that is not offered. Thinking goes
back as it was signed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import orjson

from providers.adapters.anthropic_thinking import may_think, wire_thinking
from providers.answers import as_object
from providers.port import JsonSchema, RequestRefused, ToolNamed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from providers.port import ChatMessage, ChatRequest, Picture, Tool, ToolCall

OUTPUT_TOKENS = 2000
"""The wire wants a limit, also where nobody gave one."""

JSON_OBJECT = "Answer with one JSON object and nothing else: no words before or after it, and no code fence."

_CHOICES = {"auto": "auto", "none": "none", "required": "any"}
_NOT_OF_AN_ID = re.compile(r"[^A-Za-z0-9_-]")

Content = str | list[dict[str, Any]]


def wire_request(request: ChatRequest, label: str) -> dict[str, Any]:
    """Write what a request asks for and must not be left out; raises RequestRefused for what the wire cannot do."""
    told: dict[str, Any] = {
        "model": request.model,
        "messages": wire_messages(request.messages),
        "stream": True,
        "max_tokens": OUTPUT_TOKENS if request.max_output_tokens is None else request.max_output_tokens,
        **wire_system(request),
        **wire_tools(request),
    }
    if not told["messages"] and "system" in told:  # others answer to the system's words alone
        told["messages"] = [{"role": "user", "content": told.pop("system")}]
    if any(not one.strip() for one in request.stop):
        raise RequestRefused(f"{label} cannot end an answer at white space. Name a text with a character in it.")
    if request.stop:
        told["stop_sequences"] = list(request.stop)
    if isinstance(request.response_format, JsonSchema):
        told["output_config"] = {"format": {"type": "json_schema", "schema": dict(request.response_format.schema)}}
    return told


def wire_options(request: ChatRequest) -> dict[str, Any]:
    """Write what is left out for a model that refuses it; ``effort`` goes into ``output_config``."""
    thinking = wire_thinking(request)
    sampling = {"temperature": request.temperature, "top_p": request.top_p, "top_k": request.top_k}
    told: dict[str, Any] = {name: value for name, value in sampling.items() if value is not None}
    if thinking.get("thinking", {}).get("type") in {"adaptive", "enabled"}:
        told = {}  # a model that thinks samples in its own way
    if request.user_label is not None:
        told["metadata"] = {"user_id": request.user_label}
    return {**told, **thinking}


def wire_body(request: ChatRequest, further: dict[str, Any], fixed: dict[str, Any], taken: dict[str, Any]) -> Any:
    """Put a body together of an operator's options, what was asked for, and what the model takes of the rest."""
    told = {**further, **fixed, **taken}
    if not may_think(request):
        told.pop("thinking", None)
    config = {**as_object(further.get("output_config")), **fixed.get("output_config", {})}
    if "effort" in told:
        config["effort"] = told.pop("effort")
    return {**told, "output_config": config} if config else told


def wire_system(request: ChatRequest) -> dict[str, Any]:
    """Give the field with the system's words; nothing without any."""
    words = [message.content for message in request.messages if message.role == "system"]
    if request.response_format == "json_object":
        words.append(JSON_OBJECT)
    system = "\n\n".join(words)
    return {"system": system} if system.strip() else {}


def wire_messages(messages: Iterable[ChatMessage]) -> list[dict[str, Any]]:
    """Leave out the system's words and empty messages, and join those that one side wrote in a row."""
    joined: list[dict[str, Any]] = []
    for message in messages:
        content = _content(message)
        if message.role == "system" or not content:
            continue
        role = "assistant" if message.role == "assistant" else "user"
        if joined and joined[-1]["role"] == role:
            joined[-1]["content"] = _join(joined[-1]["content"], content)
        else:
            joined.append({"role": role, "content": content})
    return joined


def _content(message: ChatMessage) -> Content:
    """Write a message's content: a text, or blocks where tools have a part in it. Thinking comes first, unchanged."""
    text = message.content if message.content.strip() else ""
    if message.role == "tool":
        return [_result(message)]
    if message.pictures:
        return [*map(_picture, message.pictures), *_as_blocks(text)]
    if not message.tool_calls:
        return text
    thinking = [dict(reasoning.block) for reasoning in message.reasoning]
    return [*thinking, *_as_blocks(text), *map(_use, message.tool_calls)]


def _use(call: ToolCall) -> dict[str, Any]:
    return {"type": "tool_use", "id": _id(call.id), "name": call.name, "input": _input(call.arguments)}


def _result(message: ChatMessage) -> dict[str, Any]:
    shown = [*map(_picture, message.pictures), *_as_blocks(message.content)] if message.pictures else message.content
    told = {"type": "tool_result", "tool_use_id": _id(message.tool_call_id), "content": shown}
    return {**told, "is_error": True} if message.is_error else told


def _id(told: str) -> str:
    """Write the id of a call; others also use characters that this wire refuses."""
    return _NOT_OF_AN_ID.sub("_", told)


def _picture(picture: Picture) -> dict[str, Any]:
    return {"type": "image", "source": {"type": "base64", "media_type": picture.media_type, "data": picture.data}}


def _input(arguments: str) -> dict[str, Any]:
    """Read a call's arguments; what is no object was no call that this wire can repeat."""
    try:
        return as_object(orjson.loads(arguments))
    except orjson.JSONDecodeError:
        return {}


def _join(former: Content, content: Content) -> Content:
    if isinstance(former, str) and isinstance(content, str):
        return f"{former}\n\n{content}"
    blocks = [*_as_blocks(former), *_as_blocks(content)]
    return sorted(blocks, key=lambda block: block["type"] != "tool_result")


def _as_blocks(content: Content) -> list[dict[str, Any]]:
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content else []
    return content


def wire_tools(request: ChatRequest) -> dict[str, Any]:
    """Give the fields that offer tools; nothing without any. Tools that were called before must still be named."""
    if not request.tools:
        called = sorted({call.name for message in request.messages for call in message.tool_calls})
        offered = [{"name": name, "input_schema": {"type": "object"}} for name in called]
        return {"tools": offered, "tool_choice": {"type": "none"}} if offered else {}
    told: dict[str, Any] = {"tools": [_tool(tool) for tool in request.tools]}
    return {**told, "tool_choice": choice} if (choice := _tool_choice(request)) else told


def _tool(tool: Tool) -> dict[str, Any]:
    told = {"name": tool.name, "description": tool.description, "input_schema": dict(tool.parameters)}
    return told if tool.strict is None else {**told, "strict": tool.strict}


def _tool_choice(request: ChatRequest) -> dict[str, Any]:
    wanted = request.tool_choice
    if wanted is None and request.parallel_tools is None:
        return {}
    if isinstance(wanted, ToolNamed):
        told: dict[str, Any] = {"type": "tool", "name": wanted.name}
    else:
        told = {"type": _CHOICES[wanted or "auto"]}
    if request.parallel_tools is not None and told["type"] != "none":
        told["disable_parallel_tool_use"] = not request.parallel_tools
    return told
