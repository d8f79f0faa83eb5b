"""The operators' pages of this room, one module a subject."""

from conversations.admin import conversations, presets

__all__ = ["conversations", "presets"]
