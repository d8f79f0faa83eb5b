"""``/api/queued``: messages that wait while an answer is being written."""

from typing import Annotated
from uuid import UUID

from ninja import Router, Status
from pydantic import Field

from api.auth import CHATTING, READING, ApiRequest
from api.limits import starts_model
from api.paging import Listing
from api.shapes import Id, Input, Moment, Shape
from conversations import queueing, turns
from conversations.models import QueuedMessage
from conversations.protocol import MAX_TEXT_LENGTH
from conversations.selectors import get_conversation

router = Router(tags=["queue"])

ONE = "/queued/{uuid:queued_id}"


class Waiting(Shape):
    """A message that goes out when its turn comes."""

    id: Id
    conversation: Id
    client_id: str
    text: str
    model: str
    models: Annotated[list[str], Field(description="Who is to answer side by side; empty is the model alone.")]
    attachments: Annotated[list[UUID], Field(description="The files that it will carry.")]
    held: Annotated[bool, Field(description="It waits until you let it go.")]
    problem: Annotated[str, Field(description="Why it is held, in words.")]
    created_at: Moment


class OtherText(Input):
    text: Annotated[str, Field(max_length=MAX_TEXT_LENGTH)]


@router.get(
    "/conversations/{uuid:conversation_id}/queue",
    response=Listing[Waiting],
    auth=READING,
    summary="List the messages that wait",
)
def list_waiting(request: ApiRequest, conversation_id: UUID) -> Listing[Waiting]:
    """List what waits in a conversation, in the order in which it goes out."""
    conversation = get_conversation(request.auth.user, conversation_id)
    return Listing(data=[_describe(one) for one in queueing.list_waiting(conversation.pk)])


@router.get(ONE, response=Waiting, auth=READING, summary="Read a message that waits")
def read_waiting(request: ApiRequest, queued_id: UUID) -> Waiting:
    """Read a message that waits; once it went out, it is not here any more."""
    return _describe(queueing.get_queued(request.auth.user, queued_id))


@router.put(ONE, response=Waiting, auth=CHATTING, summary="Change a message that waits")
@starts_model
def reword_waiting(request: ApiRequest, queued_id: UUID, body: OtherText) -> Waiting:
    """Put other words in the place of those that wait, which counts as a message; one that was held goes out, too."""
    return _let_go(queueing.edit_queued(request.auth.user, queued_id, text=body.text))


@router.post(f"{ONE}/send", response=Waiting, auth=CHATTING, summary="Let a message go that was held")
def release_waiting(request: ApiRequest, queued_id: UUID) -> Waiting:
    """Let a message go out when its turn comes, which may be now."""
    return _let_go(queueing.release_queued(request.auth.user, queued_id))


@router.delete(ONE, response={204: None}, auth=CHATTING, summary="Take a message back")
def withdraw_waiting(request: ApiRequest, queued_id: UUID) -> Status[None]:
    """Take a message back before its turn."""
    queueing.withdraw_queued(request.auth.user, queued_id)
    return Status(204, None)


def _let_go(queued: QueuedMessage) -> Waiting:
    turns.go_on_soon(queued.conversation_id)
    return _describe(queued)


def _describe(queued: QueuedMessage) -> Waiting:
    return Waiting(
        id=queued.pk,
        conversation=queued.conversation_id,
        client_id=queued.client_id,
        text=queued.text,
        model=queued.model,
        models=queued.beside,
        attachments=queued.upload_ids,
        held=queued.held,
        problem=queued.problem,
        created_at=queued.created_at,
    )
