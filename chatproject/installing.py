"""What makes the site an application on somebody's device: its manifest, and a page for when there is no connection."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language, get_language_bidi
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from chatproject.context import site

if TYPE_CHECKING:
    from django.http import HttpRequest

GROUND = "#fdfcfb"
ICONS = (
    {"src": "icons/icon-192.png", "sizes": "192x192", "type": "image/png", "purpose": "any"},
    {"src": "icons/icon-512.png", "sizes": "512x512", "type": "image/png", "purpose": "any"},
    {"src": "icons/icon-maskable-512.png", "sizes": "512x512", "type": "image/png", "purpose": "maskable"},
)
STATIC_ADDRESS = re.compile(r'(?:href|src)="(/static/[^"]+)"')


@require_GET
def manifest(_request: HttpRequest) -> JsonResponse:
    """Describe the application to the browser that installs it."""
    described = {
        "id": "/",
        "name": settings.SITE_NAME,
        "short_name": settings.SITE_NAME,
        "description": _("Conversations with the models of your choice."),
        "lang": get_language(),
        "dir": "rtl" if get_language_bidi() else "ltr",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": GROUND,
        "theme_color": GROUND,
        "icons": [{**icon, "src": static(icon["src"])} for icon in ICONS],
        "shortcuts": [
            {"name": _("New conversation"), "url": reverse("conversations:new")},
            {"name": _("Search"), "url": reverse("search:page")},
        ],
    }
    return JsonResponse(described, content_type="application/manifest+json")


@require_GET
def offline(_request: HttpRequest) -> HttpResponse:
    """Say that there is no connection; the page knows nobody, because browsers keep it."""
    return HttpResponse(_offline_page())


@require_GET
def service_worker(request: HttpRequest) -> HttpResponse:
    """Give the script that keeps the page of :func:`offline` and what it is drawn with, and nothing else.

    Its words name the build and the language: where one changes, browsers fetch the page anew.
    """
    context = {
        "cache": f"offline-{settings.BUILD}-{get_language()}",
        "files": json.dumps(sorted(set(STATIC_ADDRESS.findall(_offline_page())))),
    }
    return render(request, "installing/service-worker.js", context, content_type="text/javascript")


def _offline_page() -> str:
    return render_to_string("installing/offline.html", site(None))
