"""Every frame of the socket; the only place that knows JSON names. docs/protocol.md describes them for other programs.

A command is what the browser sends, a frame is what it gets. ``encode`` turns a frame into text, ``parsing.parse`` a
text into a command. Names are ``noun.verb``; one shape a type.
"""

from __future__ import annotations

from dataclasses import MISSING, dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar, get_type_hints
from uuid import UUID  # noqa: TC003 - the shapes are read at run time

import orjson

from conversations.parts import CreatedMessage, ErrorInfo, TokenUsage, Waiting  # noqa: TC001 - likewise

if TYPE_CHECKING:
    from chatproject.errors import DomainError

PROTOCOL_VERSION = 1
MAX_FRAME_BYTES = 1024 * 1024
MAX_TEXT_LENGTH = 100_000


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
    """Ask; ``conversation`` null begins one, ``parent`` null means the tip of the branch on show.

    With ``queue`` it waits for its turn while an answer is being written. With ``models``, of which ``model`` is the
    first, all of them are asked side by side.
    """

    type = "message.send"
    client_id: str
    conversation: UUID | None
    parent: UUID | None
    text: str
    model: str
    attachments: list[UUID]
    folder: UUID | None = None
    queue: bool = False
    temporary: bool = False
    models: tuple[str, ...] = ()


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
    replies: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class MessageQueued(Frame):
    """The message waits for its turn, as ``queued``; its ``message.accepted`` comes to nobody."""

    type = "message.queued"
    client_id: str
    conversation: UUID
    queued: UUID


@dataclass(frozen=True, slots=True)
class QueueChanged(Frame):
    """Everything that waits in a conversation, in its order."""

    type = "queue.changed"
    conversation: UUID
    waiting: tuple[Waiting, ...]


@dataclass(frozen=True, slots=True)
class MessageCreated(Frame):
    type = "message.created"
    conversation: UUID
    message: CreatedMessage


@dataclass(frozen=True, slots=True)
class ReplyStarted(Frame):
    """``source`` is "faq" or "cache" where no model is asked, and ``source_at`` when the answer was written.

    ``compared`` names all the replies that stand side by side with this one, itself among them, or none.
    """

    type = "reply.started"
    conversation: UUID
    reply: UUID
    parent: UUID
    model: str
    source: str
    source_at: str | None
    compared: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class ReplyDelta(Frame):
    """``text`` is everything since ``offset``, the length at the last checkpoint in UTF-16 code units."""

    type = "reply.delta"
    reply: UUID
    offset: int
    text: str


@dataclass(frozen=True, slots=True)
class ReplyReasoning(Frame):
    """What the model thinks, told as :class:`ReplyDelta` tells what it says; a length of its own."""

    type = "reply.reasoning"
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
    reasoning: str


@dataclass(frozen=True, slots=True)
class ReplyFinished(Frame):
    """``omitted`` counts earlier messages that did not fit the model and were left out.

    ``asked_model`` is set where another model answered than was asked; ``cost`` is in micro-dollars. ``source`` and
    ``source_at`` are those of :class:`ReplyStarted`. ``citations`` are pages, each with ``url`` and ``title``.
    """

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
    reasoning: str
    reasoning_seconds: float | None
    asked_model: str
    cost: int | None
    source: str
    source_at: str | None
    citations: list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class BranchChanged(Frame):
    """Another branch is on show, or the same without its end; ``leaf`` is its tip, null where nothing is left.

    ``compared`` names the replies that stand side by side at the tip.
    """

    type = "branch.changed"
    conversation: UUID
    leaf: UUID | None
    compared: tuple[UUID, ...]


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
    folder: UUID | None
    temporary: bool


@dataclass(frozen=True, slots=True)
class Notice(Frame):
    """Something a person should know that stops nothing; ``code`` says what it is about."""

    type = "notice"
    code: str
    message: str


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
    MessageQueued,
    QueueChanged,
    MessageCreated,
    ReplyStarted,
    ReplyDelta,
    ReplyReasoning,
    ReplyHtml,
    ReplySnapshot,
    ReplyFinished,
    BranchChanged,
    ConversationChanged,
    Notice,
    Error,
    Pong,
)


_SHAPES: tuple[type[Command | Frame], ...] = (*COMMANDS.values(), *FRAMES)
FIELDS: dict[str, dict[str, Any]] = {
    shape.type: {field.name: get_type_hints(shape)[field.name] for field in fields(shape)} for shape in _SHAPES
}
"""Type of a frame -> its fields, in their order, with their types."""
REQUIRED = {shape.type: {field.name for field in fields(shape) if field.default is MISSING} for shape in _SHAPES}


def encode(frame: Frame) -> str:
    return orjson.dumps({"type": frame.type, **{name: getattr(frame, name) for name in FIELDS[frame.type]}}).decode()
