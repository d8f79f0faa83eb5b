"""What every template knows of the site."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings

if TYPE_CHECKING:
    from django.http import HttpRequest

CONSOLE_MAIL = "django.core.mail.backends.console.EmailBackend"


def site(_request: HttpRequest | None) -> dict[str, Any]:
    """Give ``site``: what it is called, and what it lets people do; ``signup`` is open, invite or closed."""
    return {
        "site": {
            "name": settings.SITE_NAME,
            "build": settings.BUILD,
            "signup": settings.SIGNUP,
            "shares": settings.SHARING == "on",
            "languages": settings.LANGUAGES,
            "sends_mail": settings.EMAIL_BACKEND != CONSOLE_MAIL,
        }
    }
