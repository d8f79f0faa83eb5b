"""Edits that write over nothing unseen: ``ETag`` names the state of what can be edited, ``If-Match`` asks for it.

What else changes in a thing, such as when something was last said, is not in its tag: nobody loses an edit by that.
"""

from collections.abc import Callable, Collection
from hashlib import sha256
from typing import Any, TypeVar

import orjson
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from api.shapes import Shape
from chatproject.errors import Conflict

ANY = "*"
LENGTH = 32
WEAK = "W/"
"""What a proxy that compresses answers puts before a tag; it names the same state."""

SUCCESS = range(200, 300)
_MARK = "version"

Row = TypeVar("Row")
S = TypeVar("S", bound=Shape)


class NewerVersion(Conflict):
    """Somebody else was quicker; ``current`` is how it is now."""

    def __init__(self, current: Shape) -> None:
        super().__init__(_("This was changed in the meantime. Look at how it is now, and try again."))
        self.current = current.model_dump(mode="json")


def as_json(data: Any) -> bytes:
    return orjson.dumps(data, default=str)


def version_of(shape: Shape, editable: Collection[str]) -> str:
    """Give the ETag of a thing."""
    state = orjson.dumps(shape.model_dump(mode="json", include=set(editable)), option=orjson.OPT_SORT_KEYS)
    return f'"{sha256(state).hexdigest()[:LENGTH]}"'


def with_version(request: HttpRequest, shape: S, editable: Collection[str]) -> S:
    """Let the answer to a request, which is this thing, carry its ETag."""
    setattr(request, _MARK, version_of(shape, editable))
    return shape


def tell_version(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """Write the ETag of what is answered, where it has one."""
    if (version := getattr(request, _MARK, None)) and response.status_code in SUCCESS:
        response["ETag"] = version
    return response


def expected_by(
    request: HttpRequest, describe: Callable[[Row], Shape], editable: Collection[str]
) -> Callable[[Row], None] | None:
    """Give a check that raises NewerVersion where a thing is not what ``If-Match`` names; None without that header."""
    wanted = request.headers.get("If-Match")
    if wanted is None or wanted.strip() == ANY:
        return None
    tags = {tag.strip().removeprefix(WEAK) for tag in wanted.split(",")}

    def check(stored: Row) -> None:
        current = describe(stored)
        if version_of(current, editable) not in tags:
            raise NewerVersion(current)

    return check
