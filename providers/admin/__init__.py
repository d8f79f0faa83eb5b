"""The operators' pages of this room, one module a subject."""

from providers.admin import models, money

__all__ = ["models", "money"]
