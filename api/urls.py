"""The routes below ``/api/``; what answers GET answers HEAD, too."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.urls import URLPattern, path

from api import docs
from api.application import api

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase


def _with_head(pattern: URLPattern) -> URLPattern:
    view: Callable[..., HttpResponseBase] = pattern.callback

    @functools.wraps(view)
    def answer(request: HttpRequest, **values: Any) -> HttpResponseBase:
        is_head = request.method == "HEAD"
        if is_head:
            request.method = "GET"  # which is what the operations look for
        response = view(request, **values)
        if is_head and response.streaming:  # of anything else the server leaves the body out
            response.close()
            return HttpResponse(status=response.status_code, headers=response.headers)
        return response

    pattern.callback = answer
    return pattern


app_name = "api"
urlpatterns = [
    path("openapi.json", docs.openapi, name="openapi"),
    path("docs", docs.docs, name="docs"),
    *(_with_head(route) for route in api.urls[0] if isinstance(route, URLPattern)),
]
