"""How the page of the API writes what the code says of itself."""

from __future__ import annotations

from django import template

register = template.Library()


@register.filter
def parts(text: str) -> list[tuple[bool, str]]:
    """Cut words at their backticks, as pairs: whether it is code, and what it is."""
    return [(bool(place % 2), part) for place, part in enumerate(text.split("`")) if part]


@register.filter
def paragraphs(text: str) -> list[str]:
    return [" ".join(part.split()) for part in text.split("\n\n") if part.strip()]
