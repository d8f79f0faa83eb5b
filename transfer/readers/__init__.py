"""Conversations of other formats: one module each, all with ``matches(element)`` and ``read(element) -> Talk``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from django.utils.translation import gettext as _

from transfer.readers import chatgpt, claude, librechat, openwebui, own
from transfer.talk import Talk, Unreadable

if TYPE_CHECKING:
    from collections.abc import Mapping


class Reader(Protocol):
    """A format. ``read`` may raise Unreadable, and whatever comes of values that are not what they should be."""

    NAME: str

    def matches(self, element: Mapping[str, Any]) -> bool: ...

    def read(self, element: Mapping[str, Any]) -> Talk: ...


READERS: tuple[Reader, ...] = (own, chatgpt, claude, openwebui, librechat)
NAMES = {reader.__name__.rpartition(".")[2]: reader.NAME for reader in (own, chatgpt, claude, openwebui, librechat)}


def read_talk(element: Mapping[str, Any]) -> Talk:
    """Read one conversation, whoever exported it; raises Unreadable."""
    for reader in READERS:
        if reader.matches(element):
            try:
                return reader.read(element)
            except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError) as error:
                raise Unreadable(
                    _("It looks like one of %(program)s, but is not built like one.") % {"program": reader.NAME}
                ) from error
    raise Unreadable(_("It is of a kind that is not known here."))
