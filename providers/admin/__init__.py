"""The operators' pages of this room, one module a subject."""

from providers.admin import money

__all__ = ["money"]
