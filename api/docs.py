"""The API described: for programs at ``/api/openapi.json``, for people at ``/api/docs``, from the same schema."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import orjson
from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.http import require_safe

from api.application import api
from api.examples import curl_of

if TYPE_CHECKING:
    from django.http import HttpRequest

REF = "#/components/schemas/"
JSON = "application/json"
FAILURE = "Failure"


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter, or a field of a shape; ``shapes`` are the names of those that it is made of."""

    name: str
    kind: str
    shapes: tuple[str, ...]
    words: str
    is_required: bool
    place: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    status: str
    words: str
    shapes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Described:
    """An operation; ``failures`` are the answers that are no success."""

    name: str
    method: str
    path: str
    summary: str
    words: str
    scopes: tuple[str, ...]
    fields: tuple[Field, ...]
    body: tuple[str, ...]
    answers: tuple[Answer, ...]
    failures: tuple[Answer, ...]
    curl: str


@require_safe
def openapi(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """Give the OpenAPI document; it is the same for everybody, and says nothing that the project does not publish."""
    return HttpResponse(orjson.dumps(api.schema), content_type=JSON)


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """Show it to people who program; like the pages of operators, it is English."""
    with translation.override("en"):
        return render(request, "api/docs.html", {"groups": _groups(), "shapes": _shapes(), "url": settings.PUBLIC_URL})


@cache
def _groups() -> dict[str, list[Described]]:
    """Give the operations by subject, in the order of the schema."""
    groups: dict[str, list[Described]] = {}
    for path, methods in api.schema["paths"].items():
        for method, operation in methods.items():
            groups.setdefault(operation["tags"][0], []).append(_describe(method, path, operation))
    return groups


@cache
def _shapes() -> dict[str, tuple[Field, ...]]:
    """Give the fields of each shape; those of an enumeration stand where it is used."""
    known = api.schema["components"]["schemas"]
    return {name: _fields(shape) for name, shape in known.items() if "properties" in shape}


def _describe(method: str, path: str, operation: dict[str, Any]) -> Described:
    answers = [
        Answer(status, answer.get("description", ""), _names(answer.get("content", {})))
        for status, answer in operation["responses"].items()
    ]
    return Described(
        name=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        words=operation.get("description", ""),
        scopes=tuple(operation["security"][0]["ByToken"]),
        fields=tuple(map(_parameter, operation["parameters"])),
        body=_names(operation.get("requestBody", {})),
        answers=tuple(one for one in answers if one.status < "400"),
        failures=tuple(one for one in answers if one.status >= "400"),
        curl=curl_of(method, settings.PUBLIC_URL + path, operation, api.schema["components"]["schemas"]),
    )


def _parameter(one: dict[str, Any]) -> Field:
    schema = one["schema"]
    return Field(one["name"], _kind(schema), _names(schema), one.get("description", ""), one["required"], one["in"])


def _fields(shape: dict[str, Any]) -> tuple[Field, ...]:
    required = shape.get("required", ())
    return tuple(
        Field(name, _kind(schema), _names(schema), schema.get("description", ""), name in required)
        for name, schema in shape["properties"].items()
    )


def _names(schema: object) -> tuple[str, ...]:
    """List the shapes that a schema leads to, those that have fields."""
    found = re.findall(rf'"{REF}(\w+)"', orjson.dumps(schema).decode())
    known = api.schema["components"]["schemas"]
    return tuple(dict.fromkeys(name for name in found if "properties" in known.get(name, {})))


def _kind(schema: dict[str, Any]) -> str:
    """Say in few words of which kind a value is."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(REF)
        shape = api.schema["components"]["schemas"][name]
        return name if "properties" in shape else _kind(shape)
    if kinds := schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf"):
        return " or ".join(dict.fromkeys(map(_kind, kinds)))
    if words := schema.get("enum") or ([schema["const"]] if "const" in schema else []):
        return " or ".join(f"“{word}”" for word in words)
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    return str(schema.get("format") or schema.get("type") or "anything")
