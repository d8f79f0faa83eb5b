"""Edits that write over nothing unseen: ``ETag`` names the state of what can be edited, ``If-Match`` asks for it.

What else changes in a thing, such as when something was last said, is not in its tag: nobody loses an edit by that.
"""

from collections.abc import Callable, Collection
from hashlib import sha256
from typing import TypeVar

import orjson
from django.http import HttpRequest
from django.utils.translation import gettext as _

from api.shapes import Shape
from chatproject.errors import Conflict

ANY = "*"
LENGTH = 32

Row = TypeVar("Row")


class Changed(Conflict):
    """Somebody else was quicker; ``current`` is how it is now."""

    def __init__(self, current: Shape) -> None:
        super().__init__(_("This was changed in the meantime. Look at how it is now, and try again."))
        self.current = current


def version_of(shape: Shape, editable: Collection[str]) -> str:
    """Give the ETag of a thing."""
    state = orjson.dumps(shape.model_dump(mode="json", include=set(editable)), option=orjson.OPT_SORT_KEYS)
    return f'"{sha256(state).hexdigest()[:LENGTH]}"'


def expected_by(
    request: HttpRequest, describe: Callable[[Row], Shape], editable: Collection[str]
) -> Callable[[Row], None] | None:
    """Give a check that raises Changed where a thing is not what ``If-Match`` names; None without that header."""
    wanted = request.headers.get("If-Match")
    if wanted is None or wanted.strip() == ANY:
        return None
    tags = {tag.strip() for tag in wanted.split(",")}

    def check(stored: Row) -> None:
        current = describe(stored)
        if version_of(current, editable) not in tags:
            raise Changed(current)

    return check
