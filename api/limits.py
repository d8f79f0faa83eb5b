"""``X-RateLimit-*`` on everything that starts a model: how many messages somebody has left, and until when."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from django.conf import settings

from accounts import limits

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from django.http.response import HttpResponseBase

    from accounts.models import User

F = TypeVar("F", bound="Callable[..., Any]")
_MARK = "starts_model"


def starts_model(operation: F) -> F:
    """Mark an operation, below the router's decorator, whose answers tell what is left."""
    setattr(operation, _MARK, True)
    return operation


def is_limited(operation: object) -> bool:
    return hasattr(operation, _MARK)


def tell_limits(response: HttpResponseBase, user: User) -> None:
    """Write what is left of a person's messages; asks the cache, so it is for threads."""
    left = limits.look(limits.MESSAGES, user.pk, settings.RATE_LIMIT_MESSAGES)
    response["X-RateLimit-Limit"] = str(left.limit)
    response["X-RateLimit-Remaining"] = str(left.remaining)
    response["X-RateLimit-Reset"] = str(left.reset)
