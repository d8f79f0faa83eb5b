"""What a message says to a model: its words, the documents it carries, and its pictures."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from conversations.attachments import Material, keeper
from conversations.models import Role
from providers.port import ChatMessage, Picture
from providers.tokens import BYTES_PER_TOKEN, estimate_prompt_tokens, estimate_tokens

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from conversations.attachments import Document
    from conversations.models import Message

MOST_PICTURES = 20
LARGEST_PICTURES = 10 * 1024 * 1024
"""Bytes of the pictures of one request, which is written on the event loop; the newest are sent, a word for others."""

SHORTEST_CUT = 200
"""Tokens of a document that is cut; with less there would be nothing to go by."""

_DID_NOT_FIT = "The rest did not fit and is not here. Say so where it matters."


@dataclass(frozen=True, slots=True)
class Told:
    """A message, and what is said of it."""

    message: Message
    said: ChatMessage
    documents: tuple[Document, ...] = ()


def tell(message: Message, material: Material | None, *, sees: bool) -> Told:
    """Say a message with what it carries; its pictures are there to be counted, for a model that ``sees``."""
    carried = material or Material()
    said = ChatMessage(
        "assistant" if message.role == Role.ASSISTANT else "user",
        _with_documents(message, carried.documents),
        pictures=tuple(Picture(one.media_type, one.width, one.height) for one in carried.pictures),
    )
    return Told(message, said if sees else said.without_pictures(), carried.documents)


def _with_documents(message: Message, documents: Sequence[Document]) -> str:
    return "\n\n".join([*map(_quote, documents), *([message.content] if message.content else [])])


def _quote(document: Document) -> str:
    """Put a document between marks that it cannot end by itself."""
    name = document.name.replace('"', "'")
    text = document.text.replace("</document", "<\u2060/document")
    note = f"\n[{document.note}]" if document.note else ""
    return f'<document name="{name}">\n{text}{note}\n</document>'


def quote_documents(documents: Sequence[Document], budget: int) -> str:
    """Say documents by themselves, each cut to an equal part of the tokens where all of them would take more."""
    if sum(estimate_tokens(document.text) for document in documents) > budget:
        share = max(SHORTEST_CUT, budget // len(documents) - estimate_tokens(_DID_NOT_FIT))
        documents = [_cut(document, share) for document in documents]
    return "\n\n".join(map(_quote, documents))


def cut_documents(turn: list[Told], budget: int) -> list[Told]:
    """Cut the documents of a turn to what fits, in equal parts; words and pictures are left as they are."""
    missing = estimate_prompt_tokens(one.said for one in turn) - budget
    carried = [document for one in turn for document in one.documents]
    if missing <= 0 or not carried:
        return turn
    room = sum(estimate_tokens(document.text) for document in carried) - missing
    share = max(SHORTEST_CUT, room // len(carried) - estimate_tokens(_DID_NOT_FIT) - BYTES_PER_TOKEN)
    return [_shorten(one, share) for one in turn]


def _shorten(told: Told, share: int) -> Told:
    if not told.documents:
        return told
    documents = tuple(_cut(document, share) for document in told.documents)
    said = replace(told.said, content=_with_documents(told.message, documents))
    return Told(told.message, said, documents)


def _cut(document: Document, share: int) -> Document:
    tokens = estimate_tokens(document.text)
    if tokens <= share:
        return document
    text = document.text[: len(document.text) * share // tokens]
    return replace(document, text=text, note=_DID_NOT_FIT)


def read_pictures(told: list[Told], material: Mapping[UUID, Material]) -> list[Told]:
    """Read the pictures themselves, the newest first, for as long as a request has room for them."""
    room, count = LARGEST_PICTURES, MOST_PICTURES
    read: list[Told] = []
    for one in reversed(told):
        seen: list[Picture] = []
        stored = material.get(one.message.pk, Material()).pictures
        for picture in reversed(stored):
            data = keeper().read_picture(picture) if count else None
            if data and len(data) <= room:
                encoded = b64encode(data).decode()  # here, because this is no event loop
                seen.insert(0, Picture(picture.media_type, picture.width, picture.height, encoded))
                room, count = room - len(data), count - 1
        read.insert(0, replace(one, said=_showing(one.said, seen)))
    return read


def _showing(said: ChatMessage, seen: list[Picture]) -> ChatMessage:
    """Put the pictures that are sent into a message, and a word in place of the others."""
    left_out = replace(said, pictures=said.pictures[len(seen) :]).without_pictures()
    return replace(left_out, pictures=tuple(seen))
