"""Short answers from the layers outside Django: plain text for people, JSON for programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from chatproject.failures import failure_body
from chatproject.requests import id_of_scope

if TYPE_CHECKING:
    from asgiref.typing import ASGISendCallable, HTTPScope

PLAIN, JSON = b"text/plain; charset=utf-8", b"application/json"


async def answer(
    send: ASGISendCallable,
    status: int,
    text: str,
    *,
    headers: tuple[tuple[bytes, bytes], ...] = (),
    content_type: bytes = PLAIN,
) -> None:
    """Send one whole answer."""
    body = f"{text}\n".encode()
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [
                (b"content-type", content_type),
                (b"content-length", str(len(body)).encode()),
                *headers,
            ],
            "trailers": False,
        }
    )
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def refuse(
    scope: HTTPScope, send: ASGISendCallable, status: int, message: str, *headers: tuple[bytes, bytes]
) -> None:
    """Say no in the shape that belongs to the request's path."""
    body = failure_body(scope["path"], status, message, request_id=id_of_scope(scope))
    if body is None:
        await answer(send, status, message, headers=headers)
    else:
        await answer(send, status, json.dumps(body), headers=headers, content_type=JSON)
