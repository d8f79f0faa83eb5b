"""The files the browser loads: hashed names, kept for ever by browsers, served outside Django."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from servestatic.asgi import ServeStaticASGI

if TYPE_CHECKING:
    from wsgiref.headers import Headers

    from asgiref.typing import ASGI3Application

FOR_FRAMES = ("js/embed/", "vendor/mermaid/")
"""What the sandboxed frames load. They have no origin: even the site's own files are another site's to them."""


class HashedModules(ManifestStaticFilesStorage):
    """Names files by their content, and rewrites the relative imports of ES modules to those names."""

    support_js_module_import_aggregation = True
    max_post_process_passes = 20
    """A module is named after those that it imports; so many may stand one behind the other."""


def static_files(application: Any) -> ASGI3Application:
    """Serve ``STATIC_ROOT`` in front of ``application``: hashed names for ever, others asked for again."""
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
    server = ServeStaticASGI(
        application,
        settings.STATIC_ROOT,
        settings.STATIC_URL,
        max_age=0,
        allow_all_origins=False,
        add_headers_function=_open_to_frames,
    )
    return cast("ASGI3Application", server)


def _open_to_frames(headers: Headers, _path: str, url: str) -> None:
    if url.removeprefix(settings.STATIC_URL).startswith(FOR_FRAMES):
        headers["Cross-Origin-Resource-Policy"] = "cross-origin"
