"""A conversation between formats: what readers of files give, and what is stored of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from chatproject.errors import BadRequest
from chatproject.numbers import grouped

if TYPE_CHECKING:
    from datetime import datetime

MOST_MESSAGES = 20_000
"""Of one conversation."""

LONGEST_MESSAGE = 500_000


class Unreadable(BadRequest):
    """Something in a file that is no conversation, or one that cannot be taken; the sentence says why."""


@dataclass(slots=True)
class Brought:
    """A file that a message carries: ``key`` names it in what was brought.

    It is ``data``, of the kind that ``place`` would have as a name; or it lies in the archive at ``place``: that is its
    path there, or how its name begins.
    """

    key: str
    name: str
    place: str = ""
    data: bytes = b""
    note: str = ""


@dataclass(slots=True)
class Said:
    """A message: ``key`` and ``parent`` name it and the one it follows, in the words of the file.

    ``further`` are values of fields that only our own format knows, checked by their reader.
    """

    key: str
    parent: str | None
    role: str
    content: str
    created_at: datetime | None = None
    model: str = ""
    reasoning: str = ""
    files: list[Brought] = field(default_factory=list)
    further: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Talk:
    """A conversation; ``kind`` and ``key`` name where it comes from, so that it is taken once.

    ``messages`` come in any order, ``leaf`` is the key of the tip on show, the newest message where it is None.
    ``folder`` is the way to where it lies, outermost first, each with ``name``, ``model`` and ``instructions``;
    ``folder_files`` is what each of these carries.
    """

    kind: str
    key: str
    title: str
    messages: list[Said]
    leaf: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    model: str = ""
    instructions: str = ""
    is_pinned: bool = False
    is_archived: bool = False
    folder: list[dict[str, str]] = field(default_factory=list)
    folder_files: list[list[Brought]] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    further: dict[str, Any] = field(default_factory=dict)


def in_order(talk: Talk) -> list[Said]:
    """List the messages so that each comes after the one it follows; without recursion, whatever the depth.

    A parent that is not there is none. Raises Unreadable for too many messages, and where none of a circle of them
    could come first.
    """
    if len(talk.messages) > MOST_MESSAGES:
        raise Unreadable(_("It has more than %(most)s messages.") % {"most": grouped(MOST_MESSAGES)})
    by_key = {said.key: said for said in talk.messages}
    if len(by_key) < len(talk.messages):
        raise Unreadable(_("It has two messages with the same id."))
    children: dict[str | None, list[Said]] = {}
    for said in talk.messages:
        said.parent = said.parent if said.parent in by_key else None
        children.setdefault(said.parent, []).append(said)
    ordered: list[Said] = []
    waiting = children.get(None, [])[::-1]
    while waiting:
        said = waiting.pop()
        ordered.append(said)
        waiting += children.get(said.key, [])[::-1]
    if len(ordered) < len(talk.messages):
        raise Unreadable(_("It has messages that follow each other in a circle."))
    return ordered
