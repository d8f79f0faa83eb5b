"""Our own format: a conversation whole, with all its branches, as one JSON object; the shape is in docs/export.md.

What is written here, ``readers/own.py`` reads. Times are ISO 8601 in UTC, costs millionths of a dollar. Left out is
what means nothing elsewhere: rendered HTML, a provider's signed blocks, the commands that made a message. The files
that messages carry are described, with the names under which an archive holds them.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson

from conversations.models import Message, Status
from transfer.carrying import describe_files
from transfer.filing import describe_folder, describe_tags

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conversations.models import Conversation

FORMAT = "chat/1"
OF_CONVERSATION = ("title", "title_source", "model", "instructions")
TIMES_OF_CONVERSATION = ("created_at", "updated_at", "pinned_at", "archived_at")
OF_MESSAGE = (
    "role",
    "content",
    "reasoning",
    "status",
    "model",
    "asked_model",
    "tokens",
    "prompt_tokens",
    "tokens_estimated",
    "cost",
    "reasoning_ms",
    "first_token_ms",
    "source",
    "finish_reason",
    "error_code",
    "error_message",
    "omitted_messages",
    "rating",
    "rating_reason",
    "is_compared",
    "citations",
)
TIMES_OF_MESSAGE = ("created_at", "finished_at", "chosen_at", "source_at")


def describe(conversation: Conversation) -> dict[str, Any]:
    """Describe a conversation whole. An answer that is being written now is not in it, and what follows it neither."""
    messages = list_kept(conversation)
    known = {message.pk for message in messages}
    files = describe_files(conversation)
    leaf = conversation.leaf_id
    if leaf is not None and leaf not in known:
        leaf = Message.objects.filter(pk=leaf).values_list("parent", flat=True).first()
    return {
        "format": FORMAT,
        "id": str(conversation.pk),
        **{name: getattr(conversation, name) for name in OF_CONVERSATION},
        **{name: _time(getattr(conversation, name)) for name in TIMES_OF_CONVERSATION},
        "folder": describe_folder(conversation.folder),
        "tags": describe_tags(conversation),
        "leaf": str(leaf) if leaf in known else None,
        "messages": [_describe_message(message, files.get(message.pk, [])) for message in messages],
    }


def list_kept(conversation: Conversation) -> list[Message]:
    """List what an export holds of a conversation, the oldest first."""
    kept = Message.objects.filter(conversation=conversation, deleted_at=None).exclude(status=Status.STREAMING)
    return list(kept.defer("html", "signed_reasoning").order_by("created_at", "id"))


def encode(described: dict[str, Any]) -> bytes:
    return orjson.dumps(described)


def digest(described: Iterable[dict[str, Any]]) -> str:
    """Give one hash for conversations, whatever their order: what is the same here is the same everywhere."""
    each = sorted(hashlib.sha256(orjson.dumps(one, option=orjson.OPT_SORT_KEYS)).hexdigest() for one in described)
    return hashlib.sha256("".join(each).encode()).hexdigest()


def _describe_message(message: Message, files: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": str(message.pk),
        "parent": str(message.parent_id) if message.parent_id else None,
        **{name: getattr(message, name) for name in OF_MESSAGE},
        **{name: _time(getattr(message, name)) for name in TIMES_OF_MESSAGE},
        "attachments": files,
    }


def _time(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat() if moment else None
