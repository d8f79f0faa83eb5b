"""Open WebUI's export: a list; each has ``chat``, with its tree in ``history.messages`` and ``history.currentId``."""

from __future__ import annotations

import base64
import binascii
import hashlib
import html
import re
from typing import TYPE_CHECKING, Any

from transfer.readers.values import key, mapping, moment, sequence, text
from transfer.talk import Brought, Said, Talk

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME = "Open WebUI"
_SAID = frozenset({"user", "assistant", "system"})
# Thoughts and calls of tools are stored as markup among the words.
_DETAILS = re.compile(
    r'<details\b[^>]*\btype="(reasoning|tool_calls|code_interpreter)"[^>]*>(.*?)</details>\n?', re.DOTALL
)
_PICTURE = re.compile(r"data:image/(png|jpeg|gif|webp);base64,(.+)", re.DOTALL)
_SUMMARY = re.compile(r"<summary>.*?</summary>", re.DOTALL)


def matches(element: Mapping[str, Any]) -> bool:
    chat = element.get("chat")
    return isinstance(chat, dict) and ("history" in chat or "messages" in chat)


def read(element: Mapping[str, Any]) -> Talk:
    """Read one conversation; very old ones have a list instead of a tree."""
    chat = mapping(element["chat"])
    history = mapping(chat.get("history"))
    nodes = mapping(history.get("messages"))
    rows = [mapping(node) for node in nodes.values()] or _linked(sequence(chat.get("messages")))
    models = sequence(chat.get("models"))
    return Talk(
        kind="openwebui",
        key=key(element.get("id") or chat.get("id")),
        title=text(element.get("title")) or text(chat.get("title")),
        messages=[_said(row) for row in rows if text(row.get("role")) in _SAID],
        leaf=text(history.get("currentId")) or None,
        created_at=moment(element.get("created_at")) or moment(chat.get("timestamp")),
        updated_at=moment(element.get("updated_at")),
        model=_named(models[0]) if models else "",
        instructions=text(chat.get("system")),
        tags=list(filter(None, map(text, sequence(mapping(element.get("meta")).get("tags"))))),
        is_pinned=element.get("pinned") is True,
        is_archived=element.get("archived") is True,
    )


def _linked(rows: list[Any]) -> list[Mapping[str, Any]]:
    """Let the messages of a list follow each other."""
    linked: list[Mapping[str, Any]] = []
    for number, row in enumerate(rows):
        before = linked[-1]["id"] if linked else None
        linked.append({**mapping(row), "id": text(mapping(row).get("id")) or str(number), "parentId": before})
    return linked


def _said(row: Mapping[str, Any]) -> Said:
    content = row.get("content")
    if isinstance(content, list):
        content = "\n\n".join(text(mapping(part).get("text")) for part in content)
    words, thoughts = _without_details(text(content))
    role = text(row["role"])
    return Said(
        key=key(row.get("id")),
        parent=text(row.get("parentId")) or None,
        role=role,
        content=words,
        created_at=moment(row.get("timestamp")),
        model=_named(row.get("model")) if role == "assistant" else "",
        reasoning=thoughts if role == "assistant" else "",
        files=[one for one in map(_brought, sequence(row.get("files"))) if one] if role == "user" else [],
    )


def _brought(row: Any) -> Brought | None:
    """Take a picture that stands in the export itself, or what was read of a document; other files are not in it."""
    one = mapping(row)
    if found := _PICTURE.fullmatch(text(one.get("url"))):
        name = text(one.get("name")) or f"picture.{found[1]}"
        try:
            data = base64.b64decode(found[2], validate=True)
        except binascii.Error:
            return Brought(key=name, name=name)
        return Brought(key=hashlib.sha256(data).hexdigest(), name=name, place=f"picture.{found[1]}", data=data)
    file = mapping(one.get("file"))
    words = text(mapping(file.get("data")).get("content"))
    name = text(file.get("filename")) or text(one.get("name"))
    if not name:
        return None
    return Brought(
        key=text(file.get("id")) or name, name=name, place="document.txt", data=words.encode(errors="replace")
    )


def _without_details(content: str) -> tuple[str, str]:
    """Part the words from the thoughts among them; calls of tools go."""
    if "<details" not in content:
        return content, ""
    thoughts = [
        html.unescape(_SUMMARY.sub("", one[2])).strip() for one in _DETAILS.finditer(content) if one[1] == "reasoning"
    ]
    return _DETAILS.sub("", content).strip(), "\n\n".join(thoughts)


def _named(model: Any) -> str:
    return f"openwebui/{model}" if isinstance(model, str) and model else ""
