"""The OpenAPI document: what django-ninja knows of the operations, and what every operation has in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from ninja.openapi.schema import REF_TEMPLATE, OpenAPISchema

from api.auth import ByToken
from api.idempotency import HEADER as KEY_HEADER
from api.idempotency import KEY_PATTERN, LONGEST
from api.limits import is_limited
from api.shapes import Failure

if TYPE_CHECKING:
    from ninja import NinjaAPI
    from ninja.operation import Operation

JSON = "application/json"
ALWAYS = {
    400: "The request is not as it should be; `details` names the fields.",
    401: "No token, or one that is not valid.",
    403: "The token lacks the scope, or this is not open to you.",
    404: "It is not there, or it is somebody else's.",
    429: "Too many; `Retry-After` says when to try again.",
    500: "A fault of ours; tell your operator the `request_id`.",
    503: "A part of this site is away; try again in a moment.",
}
WITH_BODY = {413: "The body is too large.", 415: "The body is of another type."}
CONFLICT = {409: "It has moved on meanwhile, or the `Idempotency-Key` was used for something else."}
REQUEST_ID = {"X-Request-Id": ("string", "Names the request, here and in our log.")}
RETRY_AFTER = {"Retry-After": ("integer", "Seconds to wait.")}
LIMITS = {
    "X-RateLimit-Limit": ("integer", "Messages in one window."),
    "X-RateLimit-Remaining": ("integer", "Messages left in this one."),
    "X-RateLimit-Reset": ("integer", "Seconds until the next one."),
}
KEY_PARAMETER = {
    "in": "header",
    "name": KEY_HEADER,
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST, "pattern": KEY_PATTERN},
    "description": "Sent again within 24 hours, the request gets its first answer and does nothing.",
}
VERSION_PARAMETER = {
    "in": "header",
    "name": "If-Match",
    "required": False,
    "schema": {"type": "string"},
    "description": "The `ETag` that you saw; where it is no longer that, nothing changes and 409 holds the newer one.",
}


class Schema(OpenAPISchema):
    """Adds to each operation what it shares with all others, so that none says less than it answers."""

    def __init__(self, api: NinjaAPI) -> None:
        super().__init__(api, "api/")
        self["servers"] = [{"url": settings.PUBLIC_URL}]

    def get_components(self) -> dict[str, Any]:
        shape = Failure.model_json_schema(ref_template=REF_TEMPLATE)
        self.add_schema_definitions({**shape.pop("$defs"), "Failure": shape})
        components: dict[str, Any] = super().get_components()
        components["schemas"] = dict(sorted(components["schemas"].items()))
        return components

    def operation_details(self, operation: Operation) -> dict[str, Any]:
        found: dict[str, Any] = super().operation_details(operation)
        found["responses"] = {str(status): answer for status, answer in sorted(found["responses"].items())}
        return found

    def operation_parameters(self, operation: Operation) -> list[dict[str, Any]]:
        further = {"POST": KEY_PARAMETER, "PATCH": VERSION_PARAMETER}
        own = [_without_null(parameter) for parameter in super().operation_parameters(operation)]
        return [*own, *(further[method] for method in operation.methods if method in further)]

    def operation_security(self, operation: Operation) -> list[dict[str, Any]] | None:
        """Name the scopes, of which one is enough, beside the way in."""
        found = super().operation_security(operation) or []
        scopes = [
            scope.value for auth in operation.auth_callbacks if isinstance(auth, ByToken) for scope in auth.scopes
        ]
        return [dict.fromkeys(one, scopes) for one in found] or None

    def responses(self, operation: Operation) -> dict[Any, dict[str, Any]]:
        found = super().responses(operation)
        for status, description in _failures(operation).items():
            found.setdefault(status, _failure(description))
        limits = LIMITS if is_limited(operation.view_func) else {}
        for status, answer in found.items():
            waits = RETRY_AFTER if status in {409, 429, 503} else {}
            answer["headers"] = _headers(REQUEST_ID | limits | waits)
        return found


def _failures(operation: Operation) -> dict[int, str]:
    sources = {model.__ninja_param_source__ for model in operation.models}
    has_body = bool(sources & {"body", "form", "file"})
    changes = operation.methods != ["GET"]
    return ALWAYS | (WITH_BODY if has_body else {}) | (CONFLICT if changes else {})


def _failure(description: str) -> dict[str, Any]:
    return {"description": description, "content": {JSON: {"schema": {"$ref": REF_TEMPLATE.format(model="Failure")}}}}


def _headers(told: dict[str, tuple[str, str]]) -> dict[str, Any]:
    return {name: {"schema": {"type": kind}, "description": words} for name, (kind, words) in told.items()}


def _without_null(parameter: dict[str, Any]) -> dict[str, Any]:
    """Leave out that a parameter may be null: on the wire it is there or it is not."""
    schema = dict(parameter["schema"])
    kinds = [kind for kind in schema.pop("anyOf", ()) if kind.get("type") != "null"]
    return {**parameter, "schema": {**schema, **(kinds[0] if len(kinds) == 1 else {"anyOf": kinds} if kinds else {})}}
