"""What happens around every operation, so that none has to think of it.

Between the guards and the operation: unknown parameters are refused, and a repeated POST gets its first answer. After
it, whatever it answered: what is left of the limits, and the version.
"""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any

from ninja.errors import ValidationError

from api import idempotency
from api.limits import is_limited, tell_limits
from api.models import KeptAnswer
from api.versions import tell_version
from chatproject.database import in_database
from chatproject.text import is_storable

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse
    from django.http.response import HttpResponseBase
    from ninja.operation import Operation

    from api.auth import ApiRequest

_CLAIM = "claim"


def before(view: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap what an operation does; for ninja's mode "operation"."""
    is_kept = idempotency.claims(view)
    if inspect.iscoroutinefunction(view):

        @functools.wraps(view)
        async def run_async(request: ApiRequest, **values: Any) -> Any:
            _require_known(request, view)
            kept = await in_database(_claim, request) if is_kept and idempotency.HEADER in request.headers else None
            return kept or await view(request, **values)

        return run_async

    @functools.wraps(view)
    def run(request: ApiRequest, **values: Any) -> Any:
        _require_known(request, view)
        return (_claim(request) if is_kept else None) or view(request, **values)

    return run


def after(run: Any) -> Callable[..., Any]:
    """Wrap how an operation answers; for ninja's mode "view"."""
    operation: Operation = run.__self__
    if operation.is_async:

        async def answer_async(request: HttpRequest, **values: Any) -> HttpResponseBase:
            response = tell_version(request, await run(request, **values))
            if is_limited(operation.view_func) or hasattr(request, _CLAIM):
                await in_database(_tell_and_keep, request, operation, response)
            return response

        return answer_async

    def answer(request: HttpRequest, **values: Any) -> HttpResponseBase:
        response = tell_version(request, run(request, **values))
        _tell_and_keep(request, operation, response)
        return response

    return answer


def _claim(request: ApiRequest) -> HttpResponse | None:
    """Give the answer that is kept for this request, or take its key."""
    found = idempotency.begin(request)
    if not isinstance(found, KeptAnswer):
        return found
    setattr(request, _CLAIM, found)
    return None


def _tell_and_keep(request: HttpRequest, operation: Operation, response: HttpResponseBase) -> None:
    caller = getattr(request, "auth", None)
    if caller and is_limited(operation.view_func):
        tell_limits(response, caller.user)
    if claim := getattr(request, _CLAIM, None):
        idempotency.finish(claim, response)


def _require_known(request: HttpRequest, view: Callable[..., Any]) -> None:
    """Raise for parameters of the address that the operation does not have: a typing error, or a secret gone astray."""
    operation: Operation = view._ninja_operation  # type: ignore[attr-defined]  # noqa: SLF001 - ninja's only way from here
    known = {
        name
        for model in operation.models
        if model.__ninja_param_source__ == "query"
        for name in getattr(model, "__ninja_flatten_map__", {})
    }
    if unknown := [name for name in request.GET if name not in known]:
        raise ValidationError([{"loc": ("query", name), "msg": "Unknown parameter"} for name in unknown])
    if strange := [name for name, values in request.GET.lists() if not all(map(is_storable, values))]:
        raise ValidationError(
            [{"loc": ("query", name), "msg": "Holds a character that no text has"} for name in strange]
        )
