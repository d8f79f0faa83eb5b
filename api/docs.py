"""``/api/openapi.json``: the API described for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
from django.http import HttpResponse
from django.views.decorators.http import require_GET

from api.application import api

if TYPE_CHECKING:
    from django.http import HttpRequest


@require_GET
def openapi(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """Give the OpenAPI document; it is the same for everybody, and says nothing that the project does not publish."""
    return HttpResponse(orjson.dumps(api.schema), content_type="application/json")
