"""Synchronous twins of the middleware we use, and the translator of domain errors for pages.

Under ASGI each stock middleware hops threads on its way in and out. With ``async_capable = False`` the whole
chain and the view run in one thread.
"""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import TYPE_CHECKING

from allauth.core.internal.ratelimit import get_ip
from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.middleware.common import CommonMiddleware
from django.middleware.csrf import CsrfViewMiddleware
from django.middleware.security import SecurityMiddleware
from django.utils import translation
from django.utils.cache import patch_vary_headers

from accounts import limits
from accounts.languages import language_of_request
from chatproject.errors import DomainError
from chatproject.views import error_response, method_not_allowed

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

logger = logging.getLogger(__name__)

API = "/api/"


class Security(SecurityMiddleware):
    async_capable = False


class Session(SessionMiddleware):
    async_capable = False


class Common(CommonMiddleware):
    async_capable = False


class CsrfView(CsrfViewMiddleware):
    async_capable = False


class Authentication(AuthenticationMiddleware):
    async_capable = False


class Language:
    """Speaks to everybody in their own language."""

    async_capable = False
    sync_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with translation.override(language_of_request(request)):
            response = self._get_response(request)
            response.headers.setdefault("Content-Language", translation.get_language() or settings.LANGUAGE_CODE)
        patch_vary_headers(response, ("Accept-Language", "Cookie"))
        return response


class Messages(MessageMiddleware):
    async_capable = False


class DomainErrors:
    """Turns a :class:`DomainError` that a view raised into its answer, a page or JSON; programs read 405, too."""

    async_capable = False
    sync_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        return (
            method_not_allowed(request, response) if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED else response
        )

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, DomainError):
            return None
        return error_response(request, exception)


class Uploads:
    """Counts requests that bring files, to whatever page, by the person or, for strangers, by the address.

    The API counts its own: here nobody knows yet whose token it is.
    """

    async_capable = False
    sync_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._get_response(request)

    def process_view(self, request: HttpRequest, *_: object) -> HttpResponse | None:
        """Look only after the form's token was checked, because this reads the body."""
        if request.path.startswith(API) or request.content_type != "multipart/form-data" or not request.FILES:
            return None
        try:
            limits.require(limits.UPLOADS, request.user.pk or get_ip(request), settings.RATE_LIMIT_UPLOADS)
        except DomainError as error:
            return error_response(request, error)
        return None
