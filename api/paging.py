"""Long lists a page at a time: each page begins after a key, so none costs more than the first.

The key is written as a cursor. What is in it is no promise; a wrong one is refused.
"""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import Annotated, Generic, TypeVar
from uuid import UUID

from django.utils.translation import gettext as _
from pydantic import BaseModel, Field

from api.shapes import Shape
from chatproject.errors import NotFound

MOST, USUAL = 100, 50
LONGEST_CURSOR = 200
LONGEST_WORD = 200

Word = Annotated[str, Field(max_length=LONGEST_WORD, pattern=r"^[^\x00]*$")]
"""A text in an address: short, and such as a database can hold."""

T = TypeVar("T")
Row = TypeVar("Row")


class Paging(BaseModel):
    """Which page of a list is wanted."""

    limit: Annotated[int, Field(ge=1, le=MOST, description="How many at most.")] = USUAL
    cursor: Annotated[
        str | None,
        Field(max_length=LONGEST_CURSOR, description="`next` of the page before; without it the first page comes."),
    ] = None

    @property
    def key(self) -> str:
        """Where the page begins, "" for the first; raises NotFound."""
        try:
            return urlsafe_b64decode(self.cursor or "").decode()
        except (binascii.Error, ValueError):
            raise not_there() from None

    @property
    def id(self) -> UUID | None:
        """The same, where the key is an id."""
        try:
            return UUID(self.key) if self.cursor else None
        except ValueError:
            raise not_there() from None


class Page(Shape, Generic[T]):
    data: list[T]
    next: Annotated[str | None, Field(description="The cursor of the next page; null on the last one.")] = None


class Listing(Shape, Generic[T]):
    """A list that is short enough to come whole."""

    data: list[T]


def cursor_of(key: object) -> str | None:
    """Write a key as a cursor; what is empty is none."""
    return urlsafe_b64encode(str(key).encode()).decode() if key else None


def split(rows: Sequence[Row], limit: int, key: Callable[[Row], object]) -> tuple[Sequence[Row], str | None]:
    """Part ``limit`` rows, and perhaps one more that tells that there are more, into a page and the next cursor."""
    return rows[:limit], cursor_of(key(rows[limit - 1])) if len(rows) > limit else None


def not_there() -> NotFound:
    """Say that a cursor is none."""
    return NotFound(_("This page of the list is not there. Begin at the first."))
