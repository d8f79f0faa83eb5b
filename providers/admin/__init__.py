"""The operators' pages of this room, one module a subject."""

from providers.admin import keys, models, money, providers

__all__ = ["keys", "models", "money", "providers"]
