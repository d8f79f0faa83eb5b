"""The tiles of the operators' first page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import template
from django.utils import timezone

from accounts.models import User
from chatproject.desk.tiles import list_tiles
from conversations.sidebar import browser_zone
from conversations.views import ZONE_COOKIE

if TYPE_CHECKING:
    from chatproject.desk.tiles import Tile

register = template.Library()


@register.simple_tag(takes_context=True)
def desk_tiles(context: dict[str, Any]) -> list[Tile]:
    """List what the person who looks may see, by the clock of their browser."""
    request = context["request"]
    with timezone.override(browser_zone(request.COOKIES.get(ZONE_COOKIE, ""))):
        return list_tiles(request.user) if isinstance(request.user, User) else []
