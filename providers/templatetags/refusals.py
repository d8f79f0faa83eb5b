"""How the operators' pages learn of keys that were refused."""

from __future__ import annotations

from django import template

from providers.models import ApiKey, Health, KeyState

register = template.Library()


@register.simple_tag
def count_refused_keys() -> int:
    return ApiKey.objects.filter(state=KeyState.ACTIVE, health=Health.REFUSED).count()
