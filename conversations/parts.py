"""The shapes inside of frames; like the frames themselves, described in docs/protocol.md."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uuid import UUID


@dataclass(frozen=True, slots=True)
class AttachedFile:
    """A file that a message carries; ``kind`` is "picture" or "document", ``size`` in bytes, the addresses ours.

    ``note`` is what its owner should know, such as that it was cut, or empty; documents have no ``thumbnail``.
    """

    id: UUID
    name: str
    kind: str
    size: int
    note: str
    url: str
    thumbnail: str | None


@dataclass(frozen=True, slots=True)
class CreatedMessage:
    id: UUID
    parent: UUID | None
    role: str
    text: str
    html: str
    created_at: str
    attachments: tuple[AttachedFile, ...] = ()


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
class Waiting:
    """A message that waits for its turn; where it is ``held``, until its person lets it go, ``problem`` says why."""

    id: UUID
    client_id: str
    text: str
    model: str
    held: bool
    problem: str
