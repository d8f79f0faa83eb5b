"""The API as one object; ``api/urls.py`` serves it, and each subject hangs its router on it here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from django.http import Http404
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.parser import Parser
from ninja.renderers import BaseRenderer

from api import me
from api.errors import on_failure, read_json

if TYPE_CHECKING:
    from django.http import HttpRequest


class StrictParser(Parser):
    def parse_body(self, request: HttpRequest) -> Any:
        return read_json(request)


class Renderer(BaseRenderer):
    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> bytes:  # noqa: ARG002 - ninja's
        return orjson.dumps(data, default=str)


api = NinjaAPI(
    title="Chat API",
    version="1",
    urls_namespace="api",
    parser=StrictParser(),
    renderer=Renderer(),
)
for kind in (Exception, Http404, HttpError, ValidationError):
    api.add_exception_handler(kind, on_failure)
api.add_router("", me.router)
