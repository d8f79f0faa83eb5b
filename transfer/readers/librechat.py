"""LibreChat's export: one conversation a file, its messages in a list or, each below its parent, in a tree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from transfer.readers.values import key, mapping, moment, sequence, text
from transfer.talk import Said, Talk

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME = "LibreChat"


def matches(element: Mapping[str, Any]) -> bool:
    return "conversationId" in element and isinstance(element.get("messages") or element.get("messagesTree"), list)


def read(element: Mapping[str, Any]) -> Talk:
    """Read one conversation; where nothing but a branch was exported, its messages follow each other."""
    options = mapping(element.get("options"))
    rows = _flat(sequence(element.get("messages") or element.get("messagesTree")))
    endpoint = text(element.get("endpoint")) or text(options.get("endpoint"))
    messages: list[Said] = []
    for row in rows:
        before = messages[-1].key if messages else None
        messages.append(_said(row, endpoint, before))
    model = text(options.get("model"))
    return Talk(
        kind="librechat",
        key=key(element["conversationId"]),
        title=text(element.get("title")),
        messages=messages,
        created_at=messages[0].created_at if messages else None,
        model=f"{endpoint or 'librechat'}/{model}" if model else "",
        instructions=text(options.get("promptPrefix")),
    )


def _flat(rows: list[Any]) -> list[Mapping[str, Any]]:
    """Take the children out of their parents, without recursion."""
    waiting, flat = rows[::-1], []
    while waiting:
        row = mapping(waiting.pop())
        flat.append(row)
        waiting += sequence(row.get("children"))[::-1]
    return flat


def _said(row: Mapping[str, Any], endpoint: str, before: str | None) -> Said:
    is_question = row["isCreatedByUser"] is True
    model = text(row.get("model"))
    parent = text(row.get("parentMessageId")) if "parentMessageId" in row else before
    words, thoughts = _parts(row)
    return Said(
        key=key(row.get("messageId")),
        parent=parent or None,
        role="user" if is_question else "assistant",
        content=words,
        created_at=moment(row.get("createdAt")),
        model=f"{text(row.get('endpoint')) or endpoint or 'librechat'}/{model}" if model and not is_question else "",
        reasoning=thoughts,
    )


def _parts(row: Mapping[str, Any]) -> tuple[str, str]:
    """Give the words and the thoughts; newer messages have both in a list of parts."""
    if text(row.get("text")):
        return text(row["text"]), ""
    words: list[str] = []
    thoughts: list[str] = []
    for part in map(mapping, sequence(row.get("content"))):
        for name, found in (("text", words), ("think", thoughts)):
            value = part.get(name)
            found.append(text(mapping(value).get("value")) or text(value))
    return "\n\n".join(filter(None, words)), "\n\n".join(filter(None, thoughts))
