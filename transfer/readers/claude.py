"""Claude's ``conversations.json``: a list; each has its messages in ``chat_messages``, later exports with parents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from transfer.readers.values import key, mapping, moment, sequence, text
from transfer.talk import Said, Talk

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME = "Claude"
_SAID = {"human": "user", "user": "user", "assistant": "assistant"}


def matches(element: Mapping[str, Any]) -> bool:
    return isinstance(element.get("chat_messages"), list)


def read(element: Mapping[str, Any]) -> Talk:
    """Read one conversation; without parents the messages follow each other as they stand."""
    model = text(element.get("model"))
    named = f"anthropic/{model}" if model else ""
    messages: list[Said] = []
    before: str | None = None
    known = {text(mapping(one).get("uuid")) for one in sequence(element["chat_messages"])}
    for one in sequence(element["chat_messages"]):
        said = _said(mapping(one), named)
        parent = mapping(one).get("parent_message_uuid")
        said.parent = parent if parent is not None and (parent in known or "parent_message_uuid" in one) else before
        before = said.key
        messages.append(said)
    leaf = text(element.get("current_leaf_message_uuid")) or before
    return Talk(
        kind="claude",
        key=key(element.get("uuid")),
        title=text(element.get("name")),
        messages=messages,
        leaf=leaf,
        created_at=moment(element.get("created_at")),
        updated_at=moment(element.get("updated_at")),
        model=named,
        is_pinned=element.get("is_starred") is True,
    )


def _said(message: Mapping[str, Any], model: str) -> Said:
    role = _SAID.get(text(message.get("sender")), "assistant")
    blocks = [mapping(block) for block in sequence(message.get("content"))]
    words = "\n\n".join(text(block.get("text")) for block in blocks if block.get("type") == "text")
    thoughts = "\n\n".join(text(block.get("thinking")) for block in blocks if block.get("type") == "thinking")
    words = "\n\n".join(filter(None, [words or text(message.get("text")), *_attached(message)]))
    return Said(
        key=key(message.get("uuid")),
        parent=None,
        role=role,
        content=words or "[a message without words]",
        created_at=moment(message.get("created_at")),
        model=model if role == "assistant" else "",
        reasoning=thoughts if role == "assistant" else "",
    )


def _attached(message: Mapping[str, Any]) -> list[str]:
    """Give the texts of attached documents, which the export holds, each under its name."""
    found = []
    for one in sequence(message.get("attachments")):
        content = text(mapping(one).get("extracted_content"))
        if content:
            fence = "`" * max(3, _longest_run(content) + 1)
            found.append(f"{text(mapping(one).get('file_name')) or 'A file'}:\n\n{fence}\n{content}\n{fence}")
    return found


def _longest_run(content: str) -> int:
    longest = run = 0
    for character in content:
        run = run + 1 if character == "`" else 0
        longest = max(longest, run)
    return longest
