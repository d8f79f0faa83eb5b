"""From what went wrong at a vendor to the port's errors, with sentences for people.

What the vendor said goes no further than this module: its words may repeat a key or somebody's text. The log gets the
status and the vendor's own names for the fault.
"""

from __future__ import annotations

import email.utils
import logging
import re
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Protocol

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from providers.port import (
    AccessDenied,
    BadCredentials,
    ContextTooLong,
    ModelNotFound,
    ProviderError,
    ProviderUnavailable,
    RateLimited,
    RequestRefused,
    StreamInterrupted,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx2

logger = logging.getLogger(__name__)

_TOO_LONG = re.compile(
    r"context.?(length|window|size|limit)|maximum (context|length)|request_too_large"
    r"|(prompt|input|request|conversation) is too (long|large)",
    re.IGNORECASE,
)
_POLICY = re.compile(r"content.?(policy|filter|management)|safety", re.IGNORECASE)
_REDIRECTS = range(300, 400)
_CLIENT_ERRORS = range(400, 500)
_NO_SUCH_ROUTE = {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED}
_PASSING = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_EARLY}
_MINUTE, _HOUR = 60, 3600
_LONGEST_WAIT = 86_400.0
_NAME = re.compile(r"[a-z_]{1,60}|[0-9]{3}", re.IGNORECASE)
_STATUS = re.compile(r"[1-5][0-9]{2}")
_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_PIECE = 8
"""So many characters of a key in a row are too many for a log."""
_NO_CREDIT = {"insufficient_quota", "billing_error", "billing_hard_limit_reached"}

# The vendors' names for a fault inside a stream, as the status that would have said the same.
_STATUS_OF_NAME = {
    "authentication_error": 401,
    "permission_error": 403,
    "not_found_error": 404,
    "model_not_found": 404,
    "invalid_request_error": 400,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "api_error": 500,
    "server_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}


class StatusError(Protocol):
    """What both vendors' libraries raise for an answer that is no success."""

    status_code: int
    response: httpx2.Response
    body: object


@dataclass(frozen=True, slots=True)
class Complaint:
    """A vendor's error object, whatever its shape; ``words`` never leave the providers."""

    kind: str = ""
    code: str = ""
    param: str = ""
    words: str = ""
    is_known_shape: bool = False

    @property
    def names(self) -> set[str]:
        return {self.kind, self.code} - {""}

    @property
    def is_of_length(self) -> bool:
        return bool(_TOO_LONG.search(f"{self.kind} {self.code} {self.words}"))

    @property
    def for_log(self) -> str:
        """The names on one line; what does not look like a name may be anything, a key for one."""
        return ", ".join(sorted(filter(_NAME.fullmatch, self.names))) or "no name"


def read_complaint(body: object) -> Complaint:
    """Read ``{"error": {...}}``, ``{"error": "..."}``, the inner object alone, or anything else as words."""
    error = body.get("error", body) if isinstance(body, dict) else body
    if not isinstance(error, dict) or "message" not in error:
        return Complaint(words="" if error is None else _as_words(error))
    kind, code, param, words = (_as_words(error.get(name) or "") for name in ("type", "code", "param", "message"))
    return Complaint(kind, code, param, words, is_known_shape=True)


def _as_words(told: object) -> str:
    try:
        return str(told)
    except (RecursionError, ValueError):  # nested, or with more digits, than anything that was meant
        return ""


def status_fault(label: str, model: str, error: StatusError) -> ProviderError:
    """Translate an answer whose status is no success; a list of models is asked for without a ``model``."""
    complaint = read_complaint(error.body)
    request_id = _request_id(error.response)
    logger.warning("%s answered %s (%s), request %s", label, error.status_code, complaint.for_log, request_id)
    if not model and error.status_code in _NO_SUCH_ROUTE:
        return no_list(label)
    return _classify(label, model, error.status_code, complaint, _retry_after(error.response.headers))


def _request_id(response: httpx2.Response) -> str:
    """Give the vendor's name for a request, unless it may be a piece of the key that was sent with it."""
    told = response.headers.get("x-request-id") or response.headers.get("request-id") or ""
    sent = response.request.headers
    key = f"{sent.get('authorization', '')} {sent.get('x-api-key', '')}".casefold()
    pieces = (told[start : start + _PIECE].casefold() for start in range(max(1, len(told) - _PIECE + 1)))
    return told if _REQUEST_ID.fullmatch(told) and not any(piece in key for piece in pieces) else "unnamed"


def stream_fault(label: str, model: str, body: object) -> ProviderError:
    """Translate an error that came inside a stream."""
    complaint = read_complaint(body)
    logger.warning("%s broke off a stream (%s)", label, complaint.for_log)
    status = next((_STATUS_OF_NAME[name] for name in complaint.names if name in _STATUS_OF_NAME), 0)
    if not status and _STATUS.fullmatch(complaint.code):
        status = int(complaint.code)
    return _classify(label, model, status, complaint, None)


def unreachable(label: str) -> ProviderError:
    return ProviderUnavailable(_("%(name)s cannot be reached. Try again in a moment.") % {"name": label})


def refused(label: str, status: int = HTTPStatus.UNAUTHORIZED) -> ProviderError:
    error = AccessDenied if status == HTTPStatus.FORBIDDEN else BadCredentials
    return error(_("%(name)s refused the key of this site. Please ask your operator.") % {"name": label})


def busy(label: str, retry_after: float | None) -> ProviderError:
    return RateLimited(_busy_for(label, retry_after), retry_after=retry_after)


def slow(label: str) -> ProviderError:
    return ProviderUnavailable(_("%(name)s has not answered in time. Try again in a moment.") % {"name": label})


def interrupted(label: str) -> ProviderError:
    return StreamInterrupted(_("The answer of %(name)s broke off. Continue it, or try again.") % {"name": label})


def silent(label: str) -> ProviderError:
    """Name an empty answer: some servers say nothing at all when a conversation does not fit their model."""
    return StreamInterrupted(
        _("%(name)s ended without an answer. Try again, or begin a shorter conversation.") % {"name": label}
    )


def unreadable(label: str) -> ProviderError:
    return StreamInterrupted(
        _("The answer of %(name)s could not be read. Try again, or choose another model.") % {"name": label}
    )


def wrong_address(label: str) -> ProviderError:
    return ProviderUnavailable(
        _("The address of %(name)s does not answer as a model server does. Please ask your operator to check it.")
        % {"name": label}
    )


def no_list(label: str) -> ProviderError:
    return ProviderUnavailable(
        _("%(name)s has no list of models at this address. Does the address end in /v1?") % {"name": label}
    )


def _classify(  # noqa: PLR0911 - a table of cases, each one line
    label: str, model: str, status: int, complaint: Complaint, retry_after: float | None
) -> ProviderError:
    said = f"{complaint.kind} {complaint.code} {complaint.words}"
    status = _what_is_meant(status, complaint, said)
    if status == HTTPStatus.PAYMENT_REQUIRED or complaint.names & _NO_CREDIT:
        return BadCredentials(
            _("This site has no credit left at %(name)s. Please ask your operator.") % {"name": label}
        )
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return refused(label, status)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return busy(label, retry_after)
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE or (status in _CLIENT_ERRORS and _TOO_LONG.search(said)):
        return ContextTooLong(
            _("This conversation is too long for the model. Begin a new one, or choose another model.")
        )
    if status in _REDIRECTS or (status in _NO_SUCH_ROUTE and not complaint.is_known_shape):
        return wrong_address(label)
    if status == HTTPStatus.NOT_FOUND:
        return ModelNotFound(
            _("%(name)s does not offer the model %(model)s. Choose another one.") % {"name": label, "model": model}
        )
    if status in _PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return ProviderUnavailable(
            _("%(name)s has a problem. Try again in a moment.") % {"name": label}, retry_after=retry_after
        )
    if status and _POLICY.search(said):
        return RequestRefused(
            _("%(name)s refused this by its content rules. Put it differently, or choose another model.")
            % {"name": label}
        )
    if status:
        return RequestRefused(_("%(name)s refused this request. Change it, or choose another model.") % {"name": label})
    return interrupted(label)


def _what_is_meant(status: int, complaint: Complaint, said: str) -> int:
    """Give the status that says it better: a 403 may be about the model or somebody's words, and not about the key."""
    if status != HTTPStatus.FORBIDDEN:
        return status
    if "model_not_found" in complaint.names:
        return HTTPStatus.NOT_FOUND
    return HTTPStatus.BAD_REQUEST if _POLICY.search(said) else status


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Read the header in its three forms: milliseconds, seconds, a date."""
    milliseconds, told = headers.get("retry-after-ms", ""), headers.get("retry-after", "")
    try:
        seconds = float(milliseconds) / 1000 if milliseconds else float(told)
    except ValueError:
        date = _read_date(told)
        if date is None:
            return None
        seconds = date - time.time()
    return min(max(0.0, seconds), _LONGEST_WAIT)


def _read_date(told: str) -> float | None:
    try:
        date = email.utils.parsedate_tz(told)
        return None if date is None else email.utils.mktime_tz(date)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def _busy_for(label: str, seconds: float | None) -> str:
    if seconds is None or seconds <= 1:
        return _("%(name)s is busy. Try again in a moment.") % {"name": label}
    if seconds > 2 * _HOUR:
        count = round(seconds / _HOUR)
        told = ngettext(
            "%(name)s is busy. Try again in %(count)s hour.", "%(name)s is busy. Try again in %(count)s hours.", count
        )
    elif seconds > 2 * _MINUTE:
        count = round(seconds / _MINUTE)
        told = ngettext(
            "%(name)s is busy. Try again in %(count)s minute.",
            "%(name)s is busy. Try again in %(count)s minutes.",
            count,
        )
    else:
        count = round(seconds)
        told = ngettext(
            "%(name)s is busy. Try again in %(count)s second.",
            "%(name)s is busy. Try again in %(count)s seconds.",
            count,
        )
    return told % {"name": label, "count": count}
