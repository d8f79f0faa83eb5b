"""Failures in the shape of Anthropic's Messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from chatproject.errors import DomainError

_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    409: "conflict_error",
    413: "request_too_large",
    429: "rate_limit_error",
    503: "overloaded_error",
    504: "timeout_error",
}
FIRST_OF_OURS = 500
"""Statuses from here on are no fault of the request."""


def error_body(message: str, status: int, request_id: str) -> dict[str, Any]:
    """Write a failure as the body of an answer."""
    kind = _TYPES.get(status) or ("api_error" if status >= FIRST_OF_OURS else "invalid_request_error")
    return {"type": "error", "error": {"type": kind, "message": message}, "request_id": request_id}


def error_event(error: DomainError, status: int, request_id: str) -> bytes:
    """Write a failure as an event of a stream that has begun."""
    return b"event: error\ndata: %s\n\n" % orjson.dumps(error_body(error.message, status, request_id))
