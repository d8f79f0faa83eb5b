"""Full addresses for mails and terminals; they never depend on what a request calls us."""

from __future__ import annotations

from django.conf import settings
from django.urls import reverse


def public_address(route: str, *args: str) -> str:
    """Give the address of a route under ``PUBLIC_URL``."""
    return f"{settings.PUBLIC_URL}{reverse(route, args=args)}"
