"""django-ninja as this site uses it: strict JSON, one shape of failures, and what happens around every operation."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.http import Http404
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.parser import Parser
from ninja.renderers import BaseRenderer

from api.around import after, before
from api.errors import on_failure, read_json
from api.schema import Schema
from api.versions import as_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.http import HttpRequest
    from ninja import Router
    from ninja.operation import Operation


class StrictParser(Parser):
    def parse_body(self, request: HttpRequest) -> Any:
        return read_json(request)


class Renderer(BaseRenderer):
    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> bytes:  # noqa: ARG002 - ninja's
        return as_json(data)


class Api(NinjaAPI):
    """The operations of some routers; every operation has a name of its own."""

    def __init__(self, routers: Iterable[Router], **described: Any) -> None:
        super().__init__(parser=StrictParser(), renderer=Renderer(), openapi_url=None, docs_url=None, **described)
        for kind in (Exception, Http404, HttpError, ValidationError):
            self.add_exception_handler(kind, on_failure)
        self.add_decorator(before, mode="operation")
        self.add_decorator(after, mode="view")
        for router in routers:
            self.add_router("", router)

    @cached_property
    def schema(self) -> Schema:
        """The OpenAPI document of all that this serves."""
        return Schema(self)

    def get_openapi_operation_id(self, operation: Operation) -> str:
        return operation.view_func.__name__
