"""The one family of errors that people may read.

    DomainError                code "error", HTTP 400
    ├── BadRequest             "bad_request", 400: the shape of the input is wrong
    ├── NotFound               "not_found", 404: it is not there, or it is somebody else's
    ├── Forbidden              "forbidden", 403: signed in, but not allowed
    ├── Conflict               "conflict", 409: the state has moved on
    ├── TooManyRequests        "rate_limited", 429: carries ``retry_after``
    │   └── conversations.admission.TooManyReplies, "too_many_replies", 429
    ├── Unavailable            "unavailable", 503: try again in a moment
    ├── InternalError          "internal", 500: a bug of ours; its trace is in the log
    └── providers.port.ProviderError and its family

``code`` is for programs and never changes its meaning, ``message`` is one plain sentence for people. Whatever
is not a DomainError is a bug: it is logged with its trace, and people see no inside.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, ClassVar

from django.db import Error as DatabaseError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

logger = logging.getLogger(__name__)

STORAGE_AWAY = gettext_lazy("The storage was away for too long.")


class DomainError(Exception):
    """A failure with a name for programs and a sentence for people."""

    code: ClassVar[str] = "error"
    http_status: ClassVar[int] = 400

    def __init__(self, message: StrOrPromise, *, retry_after: float | None = None) -> None:
        """Take the sentence for people and, where waiting helps, the seconds to wait."""
        self.message = str(message)  # in the language of whoever asked
        super().__init__(self.message)
        self.retry_after = retry_after


class BadRequest(DomainError):
    code = "bad_request"


class NotFound(DomainError):
    code = "not_found"
    http_status = 404


class Forbidden(DomainError):
    code = "forbidden"
    http_status = 403


class Conflict(DomainError):
    code = "conflict"
    http_status = 409


class TooManyRequests(DomainError):
    code = "rate_limited"
    http_status = 429


class Unavailable(DomainError):
    code = "unavailable"
    http_status = 503


class InternalError(DomainError):
    code = "internal"
    http_status = 500


def as_domain_error(error: Exception, *, request_id: str = "") -> DomainError:
    """Translate any failure into one that people may read; what is not a DomainError is logged with its trace.

    ``request_id`` stands beside it in the log, where whoever asked is told it too.
    """
    where = f" Request {request_id}." if request_id else ""
    if isinstance(error, DomainError):
        return error
    if isinstance(error, DatabaseError):
        logger.warning("The database did not answer.%s", where, exc_info=error)
        return Unavailable(_("The storage did not answer. Nothing is lost; try again in a moment."), retry_after=2)
    logger.error("Something broke.%s", where, exc_info=error)
    return InternalError(_("Something went wrong here. Nothing you sent before is lost; try again."))
