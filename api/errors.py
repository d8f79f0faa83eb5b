"""Every failure of the API in its one shape, see ``api.shapes.Failure``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, RawPostDataException
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext as _
from ninja.errors import HttpError, ValidationError

from api.versions import NewerVersion
from chatproject.errors import BadRequest, DomainError, Forbidden, NotFound, as_domain_error
from chatproject.failures import failure_body
from chatproject.requests import id_of_request
from chatproject.text import is_storable

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_DETAILS = 20


def failed(request: HttpRequest, error: DomainError, details: Sequence[dict[str, str]] = ()) -> HttpResponse:
    """Answer with an error's status, code and sentence."""
    body = failure_body(
        "/api/",
        error.http_status,
        error.message,
        request_id=id_of_request(request),
        code=error.code,
        details=details,
    )
    if isinstance(error, NewerVersion):
        body = {**(body or {}), "current": error.current}
    response = JsonResponse(body, status=error.http_status)
    if error.retry_after is not None:
        response["Retry-After"] = str(max(1, round(error.retry_after)))
    if error.http_status == 401:  # noqa: PLR2004 - what RFC 9110 asks for with it
        response["WWW-Authenticate"] = "Bearer"
    return response


def on_failure(request: HttpRequest, error: Exception | type[Exception]) -> HttpResponse:
    """Translate whatever an operation raised; what is a bug is logged, and nothing of its inside is told."""
    error = error() if isinstance(error, type) else error
    if isinstance(error, ValidationError):
        return failed(request, BadRequest(_("Something in the request is not as it should be.")), _details(error))
    return failed(request, _known(error) or as_domain_error(error, request_id=id_of_request(request)))


def _known(error: Exception) -> DomainError | None:
    if isinstance(error, Http404):
        return NotFound(_("There is nothing at this address, or it belongs to somebody else."))
    if isinstance(error, PermissionDenied):
        return Forbidden(_("You are signed in, but this is not open to you."))
    if isinstance(error, HttpError) and isinstance(error.__cause__, DomainError):
        return error.__cause__  # what read_json said of a body
    if isinstance(error, HttpError | SuspiciousOperation | MultiPartParserError):
        return BadRequest(_("The request could not be read."))
    if isinstance(error, RawPostDataException):  # a form where JSON is wanted was read as one already
        return not_json()
    return None


def _details(error: ValidationError) -> list[dict[str, str]]:
    """Name each field and what is wrong with it, never what was sent: it may be a secret."""
    return [{"field": _field(one["loc"]), "message": str(one["msg"])} for one in error.errors[:MOST_DETAILS]]


def _field(places: Sequence[Any]) -> str:
    """Write a place as body.text or query.limit: without the name that the argument has in our code."""
    source, *rest = places
    return ".".join(str(one) for one in (source, *(rest[1:] if source == "body" else rest)))


class UnsupportedMediaType(DomainError):
    code = "unsupported_media_type"
    http_status = 415


def not_json() -> UnsupportedMediaType:
    return UnsupportedMediaType(_("Send the body as JSON, with “Content-Type: application/json”."))


def read_json(request: HttpRequest) -> Any:
    """Read a body as strictly as RFC 8259 allows: no NaN, nothing too large or too deep, no text nobody can store."""
    if request.content_type != "application/json":
        raise not_json()
    try:
        found = orjson.loads(request.body)
    except orjson.JSONDecodeError as error:
        where = {"line": error.lineno, "column": error.colno}
        raise BadRequest(_("The body is not valid JSON, at line %(line)s, column %(column)s.") % where) from None
    if rb"\u0000" in request.body and not _is_storable(found):
        raise BadRequest(_("The body holds a character that cannot be stored."))
    return found


def _is_storable(value: object) -> bool:
    """Look for NUL in every text; orjson has seen to lone surrogates, and to how deep this can go."""
    if isinstance(value, dict):
        return all(map(_is_storable, (*value, *value.values())))
    if isinstance(value, list):
        return all(map(_is_storable, value))
    return not isinstance(value, str) or is_storable(value)
