"""Our own export, as ``transfer/archive.py`` writes it. The file may have been changed by anybody since."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.utils.translation import gettext as _

from chatproject.text import storable
from conversations.models import RatingReason, Role, Source, Status, TitleSource
from transfer.readers.values import key, mapping, moment, sequence, text
from transfer.talk import Brought, Said, Talk, Unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

NAME = "this chat"
FORMAT = "chat/1"
_LARGEST = {"rating": 1, "tokens": 2**31 - 1, "cost": 2**63 - 1}
_MOST = 2**31 - 1
MOST_CITATIONS, LONGEST_ADDRESS = 100, 2000


def matches(element: Mapping[str, Any]) -> bool:
    return text(element.get("format")).startswith("chat/")


def read(element: Mapping[str, Any]) -> Talk:
    """Read one conversation; raises Unreadable for a newer format."""
    if element["format"] != FORMAT:
        raise Unreadable(_("It was exported by a newer version of this chat."))
    source = text(element.get("title_source"))
    return Talk(
        kind="own",
        key=str(UUID(element["id"])),
        title=text(element.get("title")),
        messages=[_said(mapping(one)) for one in sequence(element["messages"])],
        leaf=text(element.get("leaf")) or None,
        created_at=moment(element.get("created_at")),
        updated_at=moment(element.get("updated_at")),
        model=text(element.get("model")),
        instructions=text(element.get("instructions")),
        folder=[
            {name: text(mapping(one).get(name)) for name in ("name", "model", "instructions")}
            for one in sequence(element.get("folder"))
        ],
        folder_files=[
            [_brought(mapping(file)) for file in sequence(mapping(one).get("files"))]
            for one in sequence(element.get("folder"))
        ],
        tags=list(filter(None, map(text, sequence(element.get("tags"))))),
        further={
            "title_source": source if source in TitleSource.values else TitleSource.PERSON,
            "pinned_at": moment(element.get("pinned_at")),
            "archived_at": moment(element.get("archived_at")),
        },
    )


def _said(one: Mapping[str, Any]) -> Said:
    role = text(one.get("role"))
    if role not in Role.values:
        raise Unreadable(_("It has a message that is neither a question nor an answer."))
    return Said(
        key=str(UUID(key(one.get("id")))),
        parent=text(one.get("parent")) or None,
        role=role,
        content=text(one.get("content")),
        created_at=moment(one.get("created_at")),
        model=text(one.get("model")),
        reasoning=text(one.get("reasoning")),
        files=[_brought(mapping(file)) for file in sequence(one.get("attachments"))],
        further={name: check(one.get(name), name) for name, check in _CHECKS.items()},
    )


def _brought(one: Mapping[str, Any]) -> Brought:
    return Brought(
        key=str(UUID(key(one.get("id")))),
        name=text(one.get("name")),
        place=text(one.get("file")),
        note=text(one.get("note")),
    )


def _number(value: Any, name: str) -> int | None:
    """Take a whole number that its column holds, and nothing else."""
    most = _LARGEST.get(name, _MOST)
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return value if is_number and (-1 if name == "rating" else 0) <= value <= most else None


def _count(value: Any, name: str) -> int:
    return _number(value, name) or 0


def _one_of(values: list[str], otherwise: str) -> Callable[[Any, str], str]:
    return lambda value, _name: value if isinstance(value, str) and value in values else otherwise


def _line(longest: int) -> Callable[[Any, str], str]:
    return lambda value, _name: text(value)[:longest]


def _citations(value: Any) -> list[dict[str, str]]:
    """Take addresses of pages and what they are called; whatever else an address can be, it is none."""
    found = [
        (text(mapping(one).get("url")), text(mapping(one).get("title"))) for one in sequence(value)[:MOST_CITATIONS]
    ]
    return [
        {"url": storable(url)[:LONGEST_ADDRESS], "title": storable(title)[:300]}
        for url, title in found
        if url.startswith(("https://", "http://"))
    ]


_CHECKS: dict[str, Callable[[Any, str], Any]] = {
    # An answer that was being written when somebody changed the file is not being written now.
    "status": _one_of([one for one in Status.values if one != Status.STREAMING], Status.INTERRUPTED),
    "source": _one_of(Source.values, ""),
    "asked_model": _line(200),
    "finish_reason": _line(20),
    "error_code": _line(40),
    "error_message": _line(500),
    "tokens": _number,
    "prompt_tokens": _number,
    "tokens_estimated": lambda value, _name: value is True,
    "cost": _number,
    "reasoning_ms": _number,
    "first_token_ms": _number,
    "omitted_messages": _count,
    "rating": _number,
    "rating_reason": _one_of(RatingReason.values, ""),
    "is_compared": lambda value, _name: value is True,
    "citations": lambda value, _name: _citations(value),
    "finished_at": lambda value, _name: moment(value),
    "chosen_at": lambda value, _name: moment(value),
    "source_at": lambda value, _name: moment(value),
}
