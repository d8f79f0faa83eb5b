"""Server-sent events, as bytes; see https://html.spec.whatwg.org/multipage/server-sent-events.html."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from django.http import StreamingHttpResponse

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

MEDIA_TYPE = "text/event-stream"
COMMENT = b":\n\n"
"""Says nothing, and lets the headers go out."""
PING = b": ping\n\n"

_UNBUFFERED = {"X-Accel-Buffering": "no", "Cache-Control": "private, no-store, no-transform"}
"""Proxies hand on what comes as it comes; nginx buffers what does not say so."""


def event(kind: str, event_id: object, data: Any) -> bytes:
    """Write one event; JSON has no line breaks of its own."""
    return b"event: %b\nid: %b\ndata: %b\n\n" % (kind.encode(), str(event_id).encode(), orjson.dumps(data))


def respond(pieces: AsyncIterator[bytes], content_type: str = MEDIA_TYPE) -> StreamingHttpResponse:
    """Send pieces as they are made."""
    return StreamingHttpResponse(pieces, content_type=content_type, headers=_UNBUFFERED)
