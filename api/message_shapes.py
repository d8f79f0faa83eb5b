"""A message as the API tells it, also while it is being written."""

from typing import TYPE_CHECKING, Annotated, Literal
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from pydantic import Field

from api.answers import Citation, Problem, Usage
from api.shapes import Id, Moment, Shape
from conversations.models import RatingReason, Role, Source, Status

if TYPE_CHECKING:
    from conversations.models import Message as StoredMessage
    from conversations.parts import AttachedFile
    from conversations.selectors import ShownMessage

Opinion = Literal["good", "bad"]
RATINGS: dict[int, Opinion] = {1: "good", -1: "bad"}


class Attachment(Shape):
    id: Id
    name: str
    kind: Literal["picture", "document"]
    size: Annotated[int, Field(description="In bytes.")]
    note: Annotated[str, Field(description="What its owner should know, such as that it was cut; often empty.")]
    content: Annotated[str, Field(description="The path of the file itself.")]
    thumbnail: Annotated[str | None, Field(description="The path of a picture made small.")]


class GivenRating(Shape):
    value: Opinion
    reason: RatingReason | None


class Message(Shape):
    """A question or an answer; what is about answers only is empty in a question."""

    id: Id
    conversation: Id
    parent: Annotated[UUID | None, Field(description="The message before it; null for the first one.")]
    role: Role
    status: Annotated[Status, Field(description="`streaming` while it is being written; every other state is an end.")]
    text: Annotated[str, Field(description="Markdown, as far as it is saved.")]
    created_at: Moment
    finished_at: Moment | None
    siblings: Annotated[list[UUID], Field(description="What could stand here, itself among them, the oldest first.")]
    attachments: list[Attachment]
    model: Annotated[str, Field(description="Who answers; empty in a question.")]
    asked_model: Annotated[str, Field(description="Who was asked first, where that is another model; else empty.")]
    preset: UUID | None
    source: Annotated[Source | None, Field(description="Null: the model itself.")]
    source_at: Moment | None
    reasoning: str
    reasoning_seconds: float | None
    finish_reason: str
    error: Problem | None
    can_continue: bool
    compared: Annotated[bool, Field(description="It stands side by side with others until one is kept.")]
    omitted: Annotated[int, Field(description="How many earlier messages the model did not get to read.")]
    citations: list[Citation]
    usage: Usage | None
    cost: Annotated[int | None, Field(description="In millionths of a US dollar; null where it is not known or told.")]
    first_token_ms: int | None
    rating: GivenRating | None


def describe_message(shown: "ShownMessage") -> Message:
    """Tell a message as it is saved."""
    stored = shown.message
    return Message(
        id=stored.pk,
        conversation=stored.conversation_id,
        parent=stored.parent_id,
        role=Role(stored.role),
        status=Status(stored.status),
        text=shown.text,
        created_at=stored.created_at,
        finished_at=stored.finished_at,
        siblings=list(shown.siblings) or [stored.pk],
        attachments=[describe_attachment(one) for one in shown.attached],
        model=stored.model,
        asked_model=stored.asked_model,
        preset=stored.preset_id,
        source=Source(stored.source) if stored.source else None,
        source_at=stored.source_at,
        reasoning=shown.reasoning,
        reasoning_seconds=None if stored.reasoning_ms is None else stored.reasoning_ms / 1000,
        finish_reason=stored.finish_reason,
        error=Problem(code=stored.error_code, message=stored.error_message) if stored.error_code else None,
        can_continue=stored.can_continue,
        compared=stored.is_compared,
        omitted=stored.omitted_messages,
        citations=[Citation(url=one["url"], title=one["title"]) for one in stored.citations],
        usage=_usage(stored),
        cost=stored.cost if settings.SHOW_COST else None,
        first_token_ms=stored.first_token_ms,
        rating=_rating(stored),
    )


def describe_attachment(file: "AttachedFile") -> Attachment:
    return Attachment(
        id=file.id,
        name=file.name,
        kind="picture" if file.kind == "picture" else "document",
        size=file.size,
        note=file.note,
        content=reverse("api:file_content", args=[file.id]),
        thumbnail=reverse("api:file_thumbnail", args=[file.id]) if file.thumbnail else None,
    )


def _usage(stored: "StoredMessage") -> Usage | None:
    if stored.prompt_tokens is None or stored.tokens is None:
        return None
    return Usage(prompt_tokens=stored.prompt_tokens, completion_tokens=stored.tokens, estimated=stored.tokens_estimated)


def _rating(stored: "StoredMessage") -> GivenRating | None:
    if stored.rating is None:
        return None
    reason = RatingReason(stored.rating_reason) if stored.rating_reason else None
    return GivenRating(value=RATINGS[stored.rating], reason=reason)
