"""Reading what a program asks, without keeping anybody else waiting: what is long is read beside the event loop."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

import orjson

from accounts.tokens import Scope
from chatproject.database import in_database
from chatproject.errors import BadRequest
from doors.asking import require_bearer

if TYPE_CHECKING:
    from collections.abc import Callable

    from doors.http import Exchange

T = TypeVar("T")

SHORT = 1 << 15
"""Bytes that are read in no time; for more, somebody has to have a token."""


async def read_asked(exchange: Exchange, read: Callable[[Any], T]) -> tuple[str, T]:
    """Give the token that came along and what ``read`` makes of the body; raises what the exchange and it raise.

    The token of a short body is not looked at: whoever asks does that in the same breath as all else.
    """
    secret, body = exchange.secret(), await exchange.read_body()
    if len(body) <= SHORT:
        return secret, read(parse_json(body))
    await in_database(require_bearer, secret, *Scope)
    return secret, await asyncio.to_thread(lambda: read(parse_json(body)))


def parse_json(body: bytes) -> Any:
    """Read a body as strictly as RFC 8259 is; raises BadRequest."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"The body is not valid JSON, at line {error.lineno}, column {error.colno}.") from None
