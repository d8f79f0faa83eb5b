"""Examples of what the schema asks for: the shortest body that is well formed, and the ``curl`` that sends it."""

from __future__ import annotations

import json
from typing import Any

ID = "01920000-0000-7000-8000-000000000000"
WORDS = {"text": "Why is the sky blue?", "model": "openai/gpt-5.5", "name": "A name", "title": "A title"}
FORMATS = {"uuid": ID, "date-time": "2026-11-23T12:00:00Z", "date": "2026-11-23", "binary": ""}
SCALARS: dict[str, Any] = {"boolean": True, "null": None, "array": []}


def example_of(schema: dict[str, Any], shapes: dict[str, Any], name: str = "") -> Any:
    """Give a value that a schema takes: what it must have and nothing else; of a body that must have nothing, one."""
    schema = resolve(schema, shapes)
    if "const" in schema or "enum" in schema:
        return schema.get("const", (schema.get("enum") or [None])[0])
    if schema.get("type") == "object":
        fields = schema.get("properties", {})
        wanted = schema.get("required") or list(fields)[:1]
        return {field: example_of(fields[field], shapes, field) for field in wanted}
    if schema.get("type") == "string":
        return FORMATS.get(schema.get("format", "")) or WORDS.get(name, "Some words")
    if schema.get("type") in {"integer", "number"}:
        return schema.get("minimum", 1)
    return SCALARS.get(schema.get("type", "null"))


def resolve(schema: dict[str, Any], shapes: dict[str, Any]) -> dict[str, Any]:
    """Follow references, and take the first of several kinds."""
    while True:
        if "$ref" in schema:
            schema = shapes[schema["$ref"].rsplit("/", 1)[1]]
        elif kinds := schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf"):
            if "properties" in schema:
                return schema
            schema = kinds[0]
        else:
            return schema


def curl_of(method: str, url: str, operation: dict[str, Any], shapes: dict[str, Any]) -> str:
    """Write an operation as a command."""
    lines = [f"curl {url}", '-H "Authorization: Bearer $TOKEN"']
    if method != "get":
        lines[0] = f"curl -X {method.upper()} {url}"
    content = operation.get("requestBody", {}).get("content", {})
    if "application/json" in content:
        body = example_of(content["application/json"]["schema"], shapes)
        lines += ['-H "Content-Type: application/json"', f"-d '{json.dumps(body, ensure_ascii=False)}'"]
    elif content:
        lines.append("-F file=@picture.png")
    return " \\\n  ".join(lines)
