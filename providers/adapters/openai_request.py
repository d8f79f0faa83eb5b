"""The Chat Completions wire: what is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from providers.port import JsonSchema, ToolNamed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from providers.port import ChatMessage, ChatRequest, Picture, ResponseFormat, Tool, ToolChoice


def wire_request(request: ChatRequest) -> dict[str, Any]:
    """Write what a request asks for and must not be left out."""
    told: dict[str, Any] = {
        "model": request.model,
        "messages": wire_messages(request.messages),
        "stream": True,
        **wire_tools(request.tools),
    }
    if request.tools and request.tool_choice is not None:
        told["tool_choice"] = _tool_choice(request.tool_choice)
    if request.stop:
        told["stop"] = list(request.stop)
    if request.response_format is not None:
        told["response_format"] = _response_format(request.response_format)
    return told


def wire_options(request: ChatRequest) -> dict[str, Any]:
    """Write what is left out for a model that refuses it."""
    wanted = {
        "temperature": request.temperature,
        "top_p": request.top_p,
        "top_k": request.top_k,
        "seed": request.seed,
        "presence_penalty": request.presence_penalty,
        "frequency_penalty": request.frequency_penalty,
        "reasoning_effort": request.reasoning_effort,
        "parallel_tool_calls": request.parallel_tools if request.tools else None,
        "user": request.user_label,
    }
    return {name: value for name, value in wanted.items() if value is not None}


def wire_messages(messages: Iterable[ChatMessage]) -> list[dict[str, Any]]:
    """Write messages as the wire has them; reasoning has no place on it.

    Pictures have none in a tool's answer: a message of the user shows them, after the answers of all tools.
    """
    told: list[dict[str, Any]] = []
    shown: list[dict[str, Any]] = []
    for message in messages:
        if message.role != "tool" and shown:
            told.append({"role": "user", "content": shown})
            shown = []
        told.append(_message(message))
        if message.role == "tool":
            shown += map(_picture, message.pictures)
    return [*told, {"role": "user", "content": shown}] if shown else told


def _message(message: ChatMessage) -> dict[str, Any]:
    told: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.role == "tool":
        return {**told, "tool_call_id": message.tool_call_id}
    if message.tool_calls:
        calls = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in message.tool_calls
        ]
        return {**told, "content": message.content or None, "tool_calls": calls}
    if message.pictures:
        text = [{"type": "text", "text": message.content}] if message.content else []
        return {**told, "content": [*map(_picture, message.pictures), *text]}
    return told


def _picture(picture: Picture) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": f"data:{picture.media_type};base64,{picture.data}"}}


def wire_tools(tools: Iterable[Tool]) -> dict[str, Any]:
    """Give the field of a request that offers tools; nothing without any."""
    offered = [{"type": "function", "function": _tool(tool)} for tool in tools]
    return {"tools": offered} if offered else {}


def _tool(tool: Tool) -> dict[str, Any]:
    told = {"name": tool.name, "description": tool.description, "parameters": dict(tool.parameters)}
    return told if tool.strict is None else {**told, "strict": tool.strict}


def _tool_choice(choice: ToolChoice) -> str | dict[str, Any]:
    return {"type": "function", "function": {"name": choice.name}} if isinstance(choice, ToolNamed) else choice


def _response_format(wanted: ResponseFormat) -> dict[str, Any]:
    if not isinstance(wanted, JsonSchema):
        return {"type": wanted}
    told: dict[str, Any] = {"name": wanted.name, "schema": dict(wanted.schema)}
    if wanted.strict is not None:
        told["strict"] = wanted.strict
    if wanted.description:
        told["description"] = wanted.description
    return {"type": "json_schema", "json_schema": told}
