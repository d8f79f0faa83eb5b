"""Failures in the shapes that programs read: ours below ``/api/``, those of two well-known APIs below ``/v1/``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

OURS, ANTHROPIC, OPENAI = "/api/", "/v1/messages", "/v1/"
CODES = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
    429: "rate_limited",
    431: "too_many_headers",
    503: "unavailable",
}
OPENAI_TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
ANTHROPIC_TYPES = {
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
SERVER = 500


def failure_body(
    path: str, status: int, message: str, *, request_id: str, code: str = "", details: Sequence[dict[str, str]] = ()
) -> dict[str, Any] | None:
    """Give the JSON of a failure as who asked at ``path`` expects it, or None where people read.

    ``code`` is a DomainError's; without one it follows from the status. ``details`` are told only below ``/api/``.
    """
    code = code or CODES.get(status, "internal" if status >= SERVER else "bad_request")
    if path.startswith(OURS):
        return {"code": code, "message": message, "request_id": request_id, **({"details": details} if details else {})}
    if path.startswith(ANTHROPIC):
        kind = ANTHROPIC_TYPES.get(status, _kind(status, "api_error"))
        return {"type": "error", "error": {"type": kind, "message": message}, "request_id": request_id}
    if path.startswith(OPENAI):
        kind = OPENAI_TYPES.get(status, _kind(status, "server_error"))
        return {"error": {"message": message, "type": kind, "param": None, "code": code}}
    return None


def _kind(status: int, broken: str) -> str:
    return broken if status >= SERVER else "invalid_request_error"
