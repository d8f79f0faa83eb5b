"""What the bodies of the API are made of.

A body that comes in is an :class:`Input`: unknown fields and wrong types are refused, ``"5"`` is no number and ``1`` no
truth. What goes out is a :class:`Shape`. Give every text and list a longest and every number a largest, so that nothing
reaches a database that cannot hold it.
"""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, Strict, model_validator

Id = Annotated[UUID, Strict(strict=False)]
"""An id in a body: written as text, which a strict UUID would refuse."""

Moment = Annotated[datetime, Strict(strict=False)]
"""A time in a body, written as in RFC 3339."""


class Input(BaseModel):
    """Something that came from outside; fields of an Enum need ``Strict(strict=False)`` as ``Id`` has it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    @model_validator(mode="before")
    @classmethod
    def _read_numbers(cls, values: Any) -> Any:
        """Take 19.0 as 19: JSON knows one kind of number."""
        if not isinstance(values, dict):
            return values
        return {name: int(one) if isinstance(one, float) and one.is_integer() else one for name, one in values.items()}


class Shape(BaseModel):
    """Something that goes out, made by keyword from what is stored."""

    model_config = ConfigDict(frozen=True)


class Detail(Shape):
    field: Annotated[str, Field(description="Where it is, such as body.text or query.limit.")]
    message: str


class Failure(Shape):
    """What went wrong: ``code`` is for programs and never changes its meaning, ``message`` is a sentence for people."""

    code: str
    message: str
    request_id: Annotated[str, Field(description="As in X-Request-Id; tell it to your operator.")]
    details: list[Detail] | None = None
    current: Annotated[
        dict[str, Any] | None, Field(description="What it is now, where it is no longer the version of If-Match.")
    ] = None
