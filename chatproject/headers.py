"""The headers that every answer carries, whoever made it: a page, a file, an error, a health check."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asgiref.typing import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, ASGISendEvent, Scope

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
SECURITY_HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    # What says nothing else is private: proxies and shared machines keep no copy of a conversation.
    "cache-control": "private, no-store",
}
STRICT_TRANSPORT = {"strict-transport-security": "max-age=31536000; includeSubDomains"}


class SecurityHeaders:
    """Adds to every HTTP answer the headers that it did not set itself."""

    def __init__(self, application: ASGI3Application, *, is_https: bool) -> None:
        self._application = application
        headers = SECURITY_HEADERS | (STRICT_TRANSPORT if is_https else {})
        self._headers = [(name.encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return

        async def send_with_headers(event: ASGISendEvent) -> None:
            if event["type"] == "http.response.start":
                own = list(event["headers"])
                names = {name.lower() for name, _ in own}
                event["headers"] = [*own, *(pair for pair in self._headers if pair[0] not in names)]
            await send(event)

        await self._application(scope, receive, send_with_headers)
