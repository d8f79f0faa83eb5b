"""Every frame of the socket; the only place that knows JSON names. docs/protocol.md describes them for other programs.

A command is what the browser sends, a frame is what it gets. ``parse`` turns text into a command or raises
:class:`RejectedFrame`; ``encode`` turns a frame into text. Names are ``noun.verb``; one shape a type.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from types import NoneType
from typing import Any, ClassVar, get_args, get_type_hints
from uuid import UUID

import orjson

from chatproject.errors import BadRequest, DomainError
from conversations.text import is_storable

PROTOCOL_VERSION = 1
MAX_FRAME_BYTES = 1024 * 1024
MAX_TEXT_LENGTH = 100_000
_LENGTHS = {"client_id": (1, 64), "model": (0, 200)}


# --- what the browser sends ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Command:
    type: ClassVar[str]


@dataclass(frozen=True, slots=True)
class OpenConversation(Command):
    type = "conversation.open"
    conversation: UUID


@dataclass(frozen=True, slots=True)
class CloseConversation(Command):
    type = "conversation.close"
    conversation: UUID


@dataclass(frozen=True, slots=True)
class SendMessage(Command):
    """Ask; ``conversation`` null begins one, ``parent`` null means the tip of the branch on show."""

    type = "message.send"
    client_id: str
    conversation: UUID | None
    parent: UUID | None
    text: str
    model: str
    attachments: list[str]


@dataclass(frozen=True, slots=True)
class EditMessage(Command):
    type = "message.edit"
    client_id: str
    message: UUID
    text: str
    model: str


@dataclass(frozen=True, slots=True)
class RegenerateReply(Command):
    type = "reply.regenerate"
    client_id: str
    reply: UUID
    model: str


@dataclass(frozen=True, slots=True)
class ContinueReply(Command):
    type = "reply.continue"
    client_id: str
    reply: UUID


@dataclass(frozen=True, slots=True)
class StopReply(Command):
    type = "reply.stop"
    reply: UUID


@dataclass(frozen=True, slots=True)
class SyncReply(Command):
    type = "reply.sync"
    reply: UUID


@dataclass(frozen=True, slots=True)
class Ping(Command):
    type = "ping"


COMMANDS: dict[str, type[Command]] = {
    command.type: command
    for command in (
        OpenConversation,
        CloseConversation,
        SendMessage,
        EditMessage,
        RegenerateReply,
        ContinueReply,
        StopReply,
        SyncReply,
        Ping,
    )
}


# --- what the browser gets ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Frame:
    type: ClassVar[str]


@dataclass(frozen=True, slots=True)
class Hello(Frame):
    type = "hello"
    build: str
    user: UUID
    protocol: int = PROTOCOL_VERSION


@dataclass(frozen=True, slots=True)
class MessageAccepted(Frame):
    type = "message.accepted"
    client_id: str
    conversation: UUID
    message: UUID
    reply: UUID


@dataclass(frozen=True, slots=True)
class CreatedMessage:
    id: UUID
    parent: UUID | None
    role: str
    text: str
    html: str
    created_at: str


@dataclass(frozen=True, slots=True)
class MessageCreated(Frame):
    type = "message.created"
    conversation: UUID
    message: CreatedMessage


@dataclass(frozen=True, slots=True)
class ReplyStarted(Frame):
    type = "reply.started"
    conversation: UUID
    reply: UUID
    parent: UUID
    model: str


@dataclass(frozen=True, slots=True)
class ReplyDelta(Frame):
    """``text`` is everything since ``offset``, the length at the last checkpoint in UTF-16 code units."""

    type = "reply.delta"
    reply: UUID
    offset: int
    text: str


@dataclass(frozen=True, slots=True)
class ReplyHtml(Frame):
    """Children from ``index`` on are replaced by ``blocks``; the text after ``upto`` is still plain.

    The first ``closed`` of the blocks stay as they are; those after them show a block that is still being written.
    """

    type = "reply.html"
    reply: UUID
    index: int
    blocks: list[str]
    closed: int
    upto: int


@dataclass(frozen=True, slots=True)
class ReplySnapshot(Frame):
    type = "reply.snapshot"
    reply: UUID
    status: str
    text: str
    blocks: list[str]
    upto: int


@dataclass(frozen=True, slots=True)
class TokenUsage:
    prompt_tokens: int
    completion_tokens: int
    estimated: bool


@dataclass(frozen=True, slots=True)
class ErrorInfo:
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class ReplyFinished(Frame):
    """``omitted`` counts earlier messages that did not fit the model and were left out."""

    type = "reply.finished"
    reply: UUID
    status: str
    finish_reason: str
    html: str
    text: str
    model: str
    usage: TokenUsage | None
    error: ErrorInfo | None
    can_continue: bool
    omitted: int


@dataclass(frozen=True, slots=True)
class ConversationChanged(Frame):
    type = "conversation.changed"
    conversation: UUID
    title: str
    updated_at: str
    pinned: bool
    archived: bool
    deleted: bool
    running: bool


@dataclass(frozen=True, slots=True)
class Error(Frame):
    type = "error"
    code: str
    message: str
    client_id: str | None = None
    retry_after: float | None = None

    @classmethod
    def of(cls, error: DomainError, client_id: str | None = None) -> Error:
        return cls(error.code, error.message, client_id, error.retry_after)


@dataclass(frozen=True, slots=True)
class Pong(Frame):
    type = "pong"


FRAMES: tuple[type[Frame], ...] = (
    Hello,
    MessageAccepted,
    MessageCreated,
    ReplyStarted,
    ReplyDelta,
    ReplyHtml,
    ReplySnapshot,
    ReplyFinished,
    ConversationChanged,
    Error,
    Pong,
)


# --- between text and frames --------------------------------------------------------------------------------------

_SHAPES: tuple[type[Command | Frame], ...] = (*COMMANDS.values(), *FRAMES)
_FIELDS: dict[str, dict[str, Any]] = {
    shape.type: {field.name: get_type_hints(shape)[field.name] for field in fields(shape)} for shape in _SHAPES
}
"""Type of a frame -> its fields, in their order, with their types."""


def encode(frame: Frame) -> str:
    return orjson.dumps({"type": frame.type, **{name: getattr(frame, name) for name in _FIELDS[frame.type]}}).decode()


class RejectedFrame(BadRequest):
    """A frame that is no command; ``client_id`` is what could still be read of it."""

    def __init__(self, message: str, client_id: str | None = None) -> None:
        super().__init__(message)
        self.client_id = client_id


def parse(text: str) -> Command:
    """Read a command; raises :class:`RejectedFrame` with a sentence for whatever is wrong with it."""
    if len(text) > MAX_FRAME_BYTES or len(text.encode(errors="surrogatepass")) > MAX_FRAME_BYTES:
        raise RejectedFrame("That was too large to send: at most 1 MiB at once.")
    try:
        data = orjson.loads(text)
    except (orjson.JSONDecodeError, UnicodeEncodeError):
        raise RejectedFrame("That could not be read: it is not valid JSON.") from None
    if not isinstance(data, dict):
        raise RejectedFrame("A frame is a JSON object.")
    client_id = data.get("client_id")
    known_id = client_id if isinstance(client_id, str) and len(client_id) <= _LENGTHS["client_id"][1] else None
    try:
        return _command(data)
    except BadRequest as error:
        raise RejectedFrame(error.message, known_id) from None


def _command(data: dict[str, Any]) -> Command:
    kind = data.pop("type", None)
    shape = COMMANDS.get(kind) if isinstance(kind, str) else None
    if shape is None:
        raise BadRequest("This kind of frame is not known.")
    hints = _FIELDS[shape.type]
    if missing := hints.keys() - data.keys():
        raise BadRequest(f"{shape.type} needs {', '.join(sorted(missing))}.")
    if data.keys() - hints.keys():
        raise BadRequest(f"{shape.type} has only the fields {', '.join(sorted(hints)) or 'type'}.")
    return shape(**{name: _value(name, value, hints[name]) for name, value in data.items()})


def _value(name: str, value: object, hint: Any) -> object:
    options = get_args(hint) or (hint,)
    if value is None and NoneType in options:
        return None
    if UUID in options:
        return _uuid(name, value)
    if hint == list[str]:
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise BadRequest(f"{name} must be a list of texts.")
        return value
    if not isinstance(value, str):
        raise BadRequest(f"{name} must be a text.")
    low, high = _LENGTHS.get(name, (0, len(value)))
    if not low <= len(value) <= high or (name in _LENGTHS and not is_storable(value)):
        raise BadRequest(f"{name} must have {low} to {high} characters, and none that cannot be stored.")
    return value


def _uuid(name: str, value: object) -> UUID:
    try:
        return UUID(value) if isinstance(value, str) else UUID("")
    except ValueError:
        raise BadRequest(f"{name} is not an id.") from None
