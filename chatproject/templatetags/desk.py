"""The tiles of the operators' first page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import template

from accounts.models import User
from chatproject.desk.tiles import list_tiles

if TYPE_CHECKING:
    from chatproject.desk.tiles import Tile

register = template.Library()


@register.simple_tag(takes_context=True)
def desk_tiles(context: dict[str, Any]) -> list[Tile]:
    """List what the person who looks may see."""
    user = context["request"].user
    return list_tiles(user) if isinstance(user, User) else []
