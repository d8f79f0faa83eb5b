"""What the API says of answers, and of the messages that ask for them."""

from typing import Annotated, Self

from pydantic import Field

from api.shapes import Id, Moment, Shape
from conversations import frames
from conversations.models import QueuedMessage, Source, Status
from conversations.questions import Turn
from conversations.selectors import Snapshot


class Usage(Shape):
    prompt_tokens: int
    completion_tokens: int
    estimated: Annotated[bool, Field(description="Ours, because the provider did not get to say it.")]


class Problem(Shape):
    code: str
    message: str


class Citation(Shape):
    url: str
    title: str


class Reply(Shape):
    """An answer; while its status is ``streaming``, as much of it as is saved."""

    id: Id
    conversation: Id
    question: Id | None
    model: Annotated[str, Field(description="Who answers.")]
    asked_model: Annotated[str, Field(description="Who was asked first, where that is another model; else empty.")]
    status: Status
    finish_reason: str
    text: str
    reasoning: str
    reasoning_seconds: float | None
    usage: Usage | None
    cost: Annotated[int | None, Field(description="Millionths of a dollar; null where it is not known or not shown.")]
    error: Annotated[Problem | None, Field(description="Why it ended early, where that has a name.")]
    can_continue: bool
    omitted: Annotated[int, Field(description="How many earlier messages did not fit the model.")]
    source: Annotated[Source | None, Field(description="Where it was found, where no model wrote it just now.")]
    source_at: str | None
    citations: list[Citation]
    created_at: Moment
    finished_at: Moment | None

    @classmethod
    def of(cls, saved: Snapshot) -> Self:
        """Say of a reply what the page says of it."""
        reply, told = saved.reply, frames.finished(saved.reply)
        return cls(
            id=reply.pk,
            conversation=reply.conversation_id,
            question=reply.parent_id,
            model=told.model,
            asked_model=told.asked_model,
            status=Status(told.status),
            finish_reason=told.finish_reason,
            text=saved.text,
            reasoning=saved.reasoning,
            reasoning_seconds=told.reasoning_seconds,
            usage=Usage(
                prompt_tokens=told.usage.prompt_tokens,
                completion_tokens=told.usage.completion_tokens,
                estimated=told.usage.estimated,
            )
            if told.usage
            else None,
            cost=told.cost,
            error=Problem(code=told.error.code, message=told.error.message) if told.error else None,
            can_continue=told.can_continue,
            omitted=told.omitted,
            source=Source(told.source) if told.source else None,
            source_at=told.source_at,
            citations=[Citation(**citation) for citation in told.citations],
            created_at=reply.created_at,
            finished_at=reply.finished_at,
        )


class Accepted(Shape):
    """What is committed: the question and its replies, which are written from now on, whoever listens."""

    client_id: str
    conversation: Id
    message: Id
    reply: Annotated[Id, Field(description="The first of the replies, which is on show.")]
    replies: list[Id]

    @classmethod
    def of(cls, turn: Turn, client_id: str) -> Self:
        return cls(
            client_id=client_id,
            conversation=turn.conversation.pk,
            message=turn.question.pk,
            reply=turn.reply.pk,
            replies=[reply.pk for reply in turn.replies],
        )


class Answer(Shape):
    """A question and how it was answered."""

    client_id: str
    conversation: Id
    message: Id
    reply: Reply
    beside: Annotated[list[Reply], Field(description="The replies of the other models that were asked.")]


class Queued(Shape):
    """A message that waits for its turn; send it again with the same client_id to hear of its answer."""

    client_id: str
    conversation: Id
    queued: Id

    @classmethod
    def of(cls, waiting: QueuedMessage) -> Self:
        return cls(client_id=waiting.client_id, conversation=waiting.conversation_id, queued=waiting.pk)
