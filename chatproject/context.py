"""What every template knows of the site."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings

if TYPE_CHECKING:
    from django.http import HttpRequest


def site(_request: HttpRequest | None) -> dict[str, Any]:
    """Give ``site.name``, ``site.build`` and ``site.signup`` ("open", "invite", "closed")."""
    return {"site": {"name": settings.SITE_NAME, "build": settings.BUILD, "signup": settings.SIGNUP}}
