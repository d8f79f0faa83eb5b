"""What every template may draw."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import template
from django.templatetags.static import static
from django.utils.html import format_html, json_script

from chatproject import texts

if TYPE_CHECKING:
    from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def page_texts(group: str) -> SafeString:
    """Give the page the words that its scripts say (chatproject/texts.py)."""
    return json_script(texts.spoken(group), "page-texts")


@register.simple_tag
def icon(name: str, css: str = "") -> SafeString:
    """Draw one shape of the sprite; it is decoration, so the words beside it must say what is meant."""
    return format_html(
        '<svg class="icon {}" aria-hidden="true"><use href="{}#{}"></use></svg>',
        css,
        static("icons/sprite.svg"),
        name,
    )
