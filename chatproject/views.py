"""Errors as people and programs see them: one page or one JSON shape, and nothing of the inside.

The pages are rendered without the request: they need no session, no user and no database, so they also show
when those are what broke.
"""

from __future__ import annotations

import logging
import secrets
from http import HTTPStatus
from typing import TYPE_CHECKING

from django.http import HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chatproject.context import site
from chatproject.failures import failure_body
from chatproject.requests import FOR_PROGRAMS, id_of_request

if TYPE_CHECKING:
    from django.http import HttpRequest

    from chatproject.errors import DomainError

logger = logging.getLogger(__name__)

TITLES = {
    400: gettext_lazy("That did not work"),
    403: gettext_lazy("This is not open to you"),
    404: gettext_lazy("Nothing here"),
    409: gettext_lazy("Something changed meanwhile"),
    429: gettext_lazy("A short pause"),
    500: gettext_lazy("Something went wrong here"),
    502: gettext_lazy("The model could not answer"),
    503: gettext_lazy("Back in a moment"),
}


def error_response(request: HttpRequest, error: DomainError) -> HttpResponse:
    """Answer with the error's status, code and sentence: JSON for who accepts only that, else a page."""
    response = _answer(request, error.http_status, error.code, error.message)
    if error.retry_after is not None:
        response["Retry-After"] = str(max(1, round(error.retry_after)))
    return response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django's signature
    return _answer(request, 400, "bad_request", _("The request could not be understood. Please go back and try again."))


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django's signature
    return _answer(request, 403, "forbidden", _("You are signed in, but this page is not open to you."))


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django's signature
    return _answer(request, 404, "not_found", _("There is nothing at this address, or it belongs to somebody else."))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    logger.info("Refused a form: %s", reason)
    message = _("The page was open for a long time, or cookies are blocked. Please reload it and try again.")
    return _answer(request, 403, "csrf_failed", message)


def method_not_allowed(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Put an answer that has no words into the shape that programs read; people's stays as it is."""
    body = failure_body(
        request.path, 405, _("This address does not take that method."), request_id=id_of_request(request)
    )
    return JsonResponse(body, status=405, headers={"Allow": response["Allow"]}) if body else response


def server_error(request: HttpRequest) -> HttpResponse:
    """Say sorry with a short reference; the log has the trace beside it."""
    reference = id_of_request(request) if request.path.startswith(FOR_PROGRAMS) else secrets.token_hex(4)
    logger.error("Reference %s: %s %s", reference, request.method, request.path)
    message = _(
        "Nothing that was saved is lost. Please try again; if it happens again, "
        "tell your operator the reference %(reference)s."
    ) % {"reference": reference}
    return _answer(request, 500, "internal", message)


def _answer(request: HttpRequest, status: int, code: str, message: str) -> HttpResponse:
    if body := failure_body(request.path, status, message, request_id=id_of_request(request), code=code):
        return JsonResponse(body, status=status)
    if _wants_json(request):
        return JsonResponse({"error": {"code": code, "message": message}}, status=status)
    context = {"status": status, "title": _title(status), "message": message, **site(request)}
    return HttpResponse(render_to_string("errors/error.html", context), status=status)


def _wants_json(request: HttpRequest) -> bool:
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"


def _title(status: int) -> str:
    return str(TITLES.get(status) or HTTPStatus(status).phrase)
