"""What a request asks for beyond an answer: a tool that must be called, JSON, texts at which to end."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tests.fake_provider.behaviour import answer_text

if TYPE_CHECKING:
    from tests.fake_provider.behaviour import Behaviour


def grant(behaviour: Behaviour, body: dict[str, Any], question: str) -> Behaviour:
    """Have a call do what its body asks for, in the words of either wire; what a behaviour says itself stands."""
    if (called := _tools(body)) is not None and not (called and behaviour.tools):
        behaviour = replace(behaviour, tools=called, text="" if called else behaviour.text)
    if (schema := _schema(body)) is not None and behaviour.text is None:
        behaviour = replace(behaviour, text=json.dumps(_instance(schema)))
    return _stopped(behaviour, body.get("stop_sequences") or body.get("stop"), question)


def _tools(body: dict[str, Any]) -> tuple[str, ...] | None:
    """Name the tool that must be called, none where none may be; None where the model is free."""
    choice = body.get("tool_choice")
    told: dict[str, Any] = choice if isinstance(choice, dict) else {"type": choice}
    if told.get("type") == "none":
        return ()
    named = told.get("name") or told.get("function", {}).get("name")
    if not named and told.get("type") in {"required", "any"}:
        first = body["tools"][0]
        named = first.get("name") or first["function"]["name"]
    return (named,) if named else None


def _schema(body: dict[str, Any]) -> dict[str, Any] | None:
    told = body.get("response_format") or (body.get("output_config") or {}).get("format")
    if not told or told["type"] == "text":
        return None
    schema = told.get("schema") or told.get("json_schema", {}).get("schema")
    return schema or {"type": "object", "properties": {"answer": {"type": "string"}}}


def _instance(schema: dict[str, Any]) -> Any:
    """Make the plainest document of a shape."""
    if schema.get("enum"):
        return schema["enum"][0]
    if schema.get("type") == "object":
        return {name: _instance(one) for name, one in schema.get("properties", {}).items()}
    return {"array": [], "number": 0.5, "integer": 7, "boolean": True, "null": None}.get(schema.get("type", ""), "text")


def _stopped(behaviour: Behaviour, told: Any, question: str) -> Behaviour:
    if not told or behaviour.endless:
        return behaviour
    text = answer_text(behaviour, question)
    places = {text.find(stop): stop for stop in ([told] if isinstance(told, str) else told) if stop in text}
    if not places:
        return behaviour
    return replace(behaviour, text=text[: min(places)], tools=(), stop_sequence=places[min(places)])
