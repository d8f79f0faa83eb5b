"""Failures as the two well-known APIs tell them: with the status and the code that their clients look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chatproject.failures import OPENAI, failure_body
from doors.fields import BadField

if TYPE_CHECKING:
    from chatproject.errors import DomainError
    from doors.http import Header

STATUSES = {
    "unknown_model": 404,
    "provider_not_configured": 404,
    "model_not_found": 404,
    "context_too_long": 400,
    "request_refused": 400,
    "budget_exhausted": 429,
    "provider_rate_limited": 429,
    "provider_unavailable": 503,
    "provider_timeout": 504,
}
"""By our code, where the status of these APIs is another one than ours."""

OPENAI_CODES = {
    "unauthorized": "invalid_api_key",
    "unknown_model": "model_not_found",
    "provider_not_configured": "model_not_found",
    "context_too_long": "context_length_exceeded",
    "budget_exhausted": "insufficient_quota",
    "rate_limited": "rate_limit_exceeded",
}
LONGEST_WAIT = 86_400


def status_of(error: DomainError) -> int:
    return STATUSES.get(error.code, error.http_status)


def headers_of(error: DomainError) -> list[Header]:
    """Give the headers of a failure: how long to wait, and whether asking again helps at all."""
    headers: list[Header] = []
    if error.retry_after is not None:
        headers.append((b"retry-after", str(min(LONGEST_WAIT, max(1, round(error.retry_after)))).encode()))
    if error.code == "unauthorized":
        headers.append((b"www-authenticate", b"Bearer"))
    if error.code == "budget_exhausted":
        headers.append((b"x-should-retry", b"false"))
    return headers


def openai_failure(error: DomainError) -> dict[str, Any]:
    """Write a failure as OpenAI does: ``{"error": {"message", "type", "param", "code"}}``."""
    code = OPENAI_CODES.get(error.code, error.code)
    body = failure_body(OPENAI, status_of(error), error.message, request_id="", code=code) or {}
    if isinstance(error, BadField):
        body["error"]["param"] = error.param or None
    if error.code == "budget_exhausted":
        body["error"]["type"] = code
    return body


def failure_of(path: str, error: DomainError, *, request_id: str) -> dict[str, Any]:
    """Write a failure in the shape that belongs to the path."""
    body = failure_body(path, status_of(error), error.message, request_id=request_id, code=error.code) or {}
    return body if "type" in body else openai_failure(error)
