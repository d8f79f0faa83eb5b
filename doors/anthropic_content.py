"""What the messages of a request hold in the shape of Anthropic's Messages: blocks, as messages of the port.

A message may become several: what tools answered comes first, and where a picture follows a text, another message
begins, so that the order stays.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import orjson

from doors.fields import Fields
from providers.port import ChatMessage, Picture, SignedReasoning, ToolCall

if TYPE_CHECKING:
    from collections.abc import Iterator

ROLES = {"user", "assistant", "system"}
PICTURES = {"image/png", "image/jpeg", "image/gif", "image/webp"}
BETWEEN = "\n\n"
"""Between two texts of one message."""


def read_system(fields: Fields) -> Iterator[ChatMessage]:
    """Read the system's words of a request."""
    if isinstance(fields.raw("system"), str):
        words = fields.text("system") or ""
    else:
        words = BETWEEN.join(map(_read_text, fields.objects("system")))
    if words:
        yield ChatMessage("system", words)


def read_turn(turn: Fields) -> Iterator[ChatMessage]:
    """Read one message; raises BadField."""
    role = turn.needed(lambda name: turn.choice(name, ROLES), "role")
    blocks = list(_read_blocks(turn))
    turn.done()
    if role == "assistant":
        yield _read_assistant(blocks)
    elif role == "system":
        yield ChatMessage("system", BETWEEN.join(map(_read_text, blocks)))
    else:
        yield from _read_user(blocks)


def _read_blocks(fields: Fields) -> Iterator[Fields]:
    """Give the blocks of a content; a string is one block of text."""
    content = fields.raw("content")
    if content is None:
        raise fields.fail("content", "this field is required.")
    if isinstance(content, str):
        yield Fields({"type": "text", "text": content}, fields.at("content"))
    else:
        yield from fields.objects("content")


@dataclass(slots=True)
class _Parts:
    """Pictures and texts as they come, gathered into pictures with the text after them."""

    gathered: list[tuple[list[Picture], list[str]]] = field(default_factory=list)

    def take(self, block: Fields) -> bool:
        """Take a picture or a text; tells whether it was one."""
        kind = _kind(block)
        if kind == "image":
            self._at(fresh=bool(self.gathered and self.gathered[-1][1]))[0].append(_read_picture(block))
        elif kind in {"text", "document"}:
            self._at()[1].append(_read_text(block) if kind == "text" else _read_document(block))
        else:
            return False
        return True

    def _at(self, *, fresh: bool = False) -> tuple[list[Picture], list[str]]:
        if fresh or not self.gathered:
            self.gathered.append(([], []))
        return self.gathered[-1]

    @property
    def text(self) -> str:
        return BETWEEN.join(text for _pictures, texts in self.gathered for text in texts)

    @property
    def pictures(self) -> tuple[Picture, ...]:
        return tuple(picture for pictures, _texts in self.gathered for picture in pictures)


def _read_user(blocks: list[Fields]) -> Iterator[ChatMessage]:
    parts = _Parts()
    for block in blocks:
        if _kind(block) == "tool_result":
            yield _read_tool_result(block)
        elif not parts.take(block):
            raise _unknown(block)
    for pictures, texts in parts.gathered:
        yield ChatMessage("user", BETWEEN.join(texts), pictures=tuple(pictures))


def _read_assistant(blocks: list[Fields]) -> ChatMessage:
    texts: list[str] = []
    calls: list[ToolCall] = []
    reasoning: list[SignedReasoning] = []
    for block in blocks:
        kind = _kind(block)
        if kind == "text":
            texts.append(_read_text(block))
        elif kind == "tool_use":
            calls.append(_read_call(block))
        elif kind in {"thinking", "redacted_thinking"}:
            reasoning.extend(_read_reasoning(block))
        else:
            raise _unknown(block)
    return ChatMessage("assistant", BETWEEN.join(texts), tool_calls=tuple(calls), reasoning=tuple(reasoning))


def _read_tool_result(block: Fields) -> ChatMessage:
    parts = _Parts()
    for one in _read_blocks(block) if block.has("content") else ():
        if not parts.take(one):
            raise _unknown(one)
    block.ignore("content", "cache_control")
    answer = ChatMessage(
        "tool",
        parts.text,
        tool_call_id=block.needed(block.text, "tool_use_id"),
        pictures=parts.pictures,
        is_error=bool(block.flag("is_error")),
    )
    block.done()
    return answer


def _read_text(block: Fields) -> str:
    if _kind(block) != "text":
        raise _unknown(block)
    block.ignore("cache_control", "citations")
    text = block.needed(block.text, "text")
    block.done()
    return text


def _read_document(block: Fields) -> str:
    """Write a document out as text, below its title."""
    source = block.needed(block.object, "source")
    source.needed(lambda name: source.choice(name, {"text"}), "type")
    source.ignore("media_type")
    written = source.needed(source.text, "data")
    source.done()
    above = [text for name in ("title", "context") if (text := block.text(name))]
    block.ignore("cache_control", "citations")
    block.done()
    return BETWEEN.join([*above, written])


def _read_picture(block: Fields) -> Picture:
    """Give a picture as it was sent; its size is not known yet."""
    source = block.needed(block.object, "source")
    if source.text("type") != "base64":
        raise source.fail("type", "pictures are not fetched from elsewhere; send them in base64.")
    media_type = source.needed(lambda name: source.choice(name, PICTURES), "media_type")
    picture = Picture(media_type, 0, 0, source.needed(source.text, "data"))
    source.done()
    block.ignore("cache_control")
    block.done()
    return picture


def _read_call(block: Fields) -> ToolCall:
    block.ignore("cache_control", "caller")
    given = orjson.dumps(block.needed(block.tree, "input")).decode()
    call = ToolCall(block.needed(block.text, "id"), block.needed(block.text, "name"), given)
    block.done()
    return call


def _read_reasoning(block: Fields) -> Iterator[SignedReasoning]:
    """Give a block that its provider signed; what nobody signed, nobody would take back."""
    block.ignore("cache_control")
    if _kind(block) == "redacted_thinking":
        yield SignedReasoning({"type": "redacted_thinking", "data": block.needed(block.text, "data")})
    else:
        thinking, signature = block.needed(block.text, "thinking"), block.needed(block.text, "signature")
        if signature:
            yield SignedReasoning({"type": "thinking", "thinking": thinking, "signature": signature})
    block.done()


def _kind(block: Fields) -> str:
    return block.needed(block.text, "type")


def _unknown(block: Fields) -> Exception:
    return block.fail("type", "a block of this kind cannot be taken here.")
