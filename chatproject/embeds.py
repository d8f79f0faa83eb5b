"""Frames in which words of others run: drawings made by a library, pages that a model wrote.

Each has an address and a policy of its own. They have no origin, so nothing of the site is theirs, and they hold
nothing: what they show is sent to them by the page around them, whose ``frame-src`` keeps them from going elsewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.views.decorators.http import require_GET

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

_ALONE = "sandbox allow-scripts; default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
DIAGRAMS_POLICY = f"{_ALONE}; script-src 'self'; style-src 'unsafe-inline'; img-src data:"
PREVIEW_POLICY = (
    f"{_ALONE}; script-src 'self' 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; font-src data:; "
    "media-src data: blob:"
)


@require_GET
def diagrams(request: HttpRequest) -> HttpResponse:
    """Give the frame in which Mermaid draws."""
    return _frame(request, "embed/diagrams.html", DIAGRAMS_POLICY)


@require_GET
def preview(request: HttpRequest) -> HttpResponse:
    """Give the frame that becomes the HTML or SVG it is sent."""
    return _frame(request, "embed/preview.html", PREVIEW_POLICY)


def _frame(request: HttpRequest, template: str, policy: str) -> HttpResponse:
    response = render(request, template)
    response["Content-Security-Policy"] = policy
    response["X-Frame-Options"] = "SAMEORIGIN"
    response["X-DNS-Prefetch-Control"] = "off"
    response["X-Robots-Tag"] = "noindex"
    response["Referrer-Policy"] = "no-referrer"
    return response
