"""ChatGPT's ``conversations.json``: a list; each has its tree in ``mapping``, and ``current_node`` is its tip."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from transfer.readers.values import key, mapping, moment, sequence, text
from transfer.talk import Brought, Said, Talk

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME = "ChatGPT"
_SAID = {"user": "user", "assistant": "assistant"}
_WORDS = frozenset({"text", "multimodal_text", "code", ""})
_THOUGHTS = frozenset({"thoughts", "reasoning_recap"})


def matches(element: Mapping[str, Any]) -> bool:
    return isinstance(element.get("mapping"), dict)


def read(element: Mapping[str, Any]) -> Talk:
    """Read one conversation; nodes without words (roots, tools, hidden ones) are bridged."""
    nodes = mapping(element["mapping"])
    said = {name: one for name, node in nodes.items() if (one := _said(name, mapping(node)))}
    for one in said.values():
        one.parent = _nearest(mapping(nodes[one.key]).get("parent"), nodes, said)
    slug = next((one.model for one in reversed(said.values()) if one.model), "")
    return Talk(
        kind="chatgpt",
        key=key(element.get("conversation_id") or element.get("id")),
        title=text(element.get("title")),
        messages=list(said.values()),
        leaf=_nearest(element.get("current_node"), nodes, said),
        created_at=moment(element.get("create_time")),
        updated_at=moment(element.get("update_time")),
        model=slug,
        is_archived=element.get("is_archived") is True,
        is_pinned=element.get("is_starred") is True,
    )


def _said(name: str, node: Mapping[str, Any]) -> Said | None:
    message = mapping(node.get("message"))
    role = _SAID.get(text(mapping(message.get("author")).get("role")))
    metadata = mapping(message.get("metadata"))
    is_for_people = text(message.get("recipient") or "all") == "all"
    if not role or not is_for_people or metadata.get("is_visually_hidden_from_conversation") is True:
        return None
    words = _words(mapping(message.get("content")))
    files = _files(mapping(message.get("content")), metadata) if role == "user" else []
    if not words.strip() and not files:
        return None
    model = text(metadata.get("model_slug")) if role == "assistant" else ""
    return Said(
        key=name,
        parent=None,
        role=role,
        content=words,
        created_at=moment(message.get("create_time")),
        model=f"openai/{model}" if model else "",
        files=files,
    )


def _files(content: Mapping[str, Any], metadata: Mapping[str, Any]) -> list[Brought]:
    """List what a question carries; in the archive each file's name begins with its id."""
    names = {
        text(mapping(one).get("id")): text(mapping(one).get("name")) for one in sequence(metadata.get("attachments"))
    }
    for part in map(mapping, sequence(content.get("parts"))):
        pointer = text(part.get("asset_pointer")).rpartition("://")[2].partition("#")[0]
        names.setdefault(pointer, "")
    return [Brought(key=one, name=name, place=one) for one, name in names.items() if one]


def _words(content: Mapping[str, Any]) -> str:
    """Join the texts of a message."""
    kind = text(content.get("content_type"))
    if kind in _THOUGHTS or kind not in _WORDS:
        return ""
    if kind == "code":
        return f"```\n{text(content.get('text'))}\n```" if content.get("text") else ""
    parts = sequence(content.get("parts")) or [content.get("text")]
    return "\n\n".join(filter(None, (_part(part) for part in parts)))


def _part(part: Any) -> str:
    if isinstance(part, str):
        return part
    is_spoken = text(mapping(part).get("content_type")) == "audio_transcription"
    return text(mapping(part).get("text")) if is_spoken else ""


def _nearest(name: Any, nodes: Mapping[str, Any], said: Mapping[str, Said]) -> str | None:
    """Walk up to the nearest message with words; a walk longer than the tree goes in a circle."""
    for _ in range(len(nodes) + 1):
        if not isinstance(name, str) or name not in nodes:
            return None
        if name in said:
            return name
        name = mapping(nodes[name]).get("parent")
    return None
