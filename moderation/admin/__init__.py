"""The operators' pages of this room, one module a subject."""

from moderation.admin import incidents, words

__all__ = ["incidents", "words"]
