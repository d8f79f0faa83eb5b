"""``/api/messages``: one message of a tree, and what can be done with it without asking a model."""

from typing import Annotated, Literal
from uuid import UUID

from ninja import Router, Status
from pydantic import Field

from api.auth import CHATTING, READING, ApiRequest
from api.conversation_shapes import Conversation, describe_conversation
from api.message_shapes import RATINGS, Message, describe_message
from api.shapes import Input
from conversations import branching
from conversations.rating import rate_reply, report_reply
from conversations.selectors import find_shown

router = Router(tags=["messages"])

ONE = "/messages/{uuid:message_id}"
LONGEST_REMARK = 1000

Complaint = Literal["Harmful or hateful", "Wrong or made up", "Private details of somebody", "Something else"]


class Praise(Input):
    value: Literal["good"]
    reason: Literal["correct", "clear", "complete"] | None = None


class Criticism(Input):
    value: Literal["bad"]
    reason: Literal["wrong", "missed", "long", "short", "refused"] | None = None


NewRating = Annotated[Praise | Criticism, Field(discriminator="value")]


class Report(Input):
    reason: Complaint | None = None
    remark: Annotated[str, Field(max_length=LONGEST_REMARK)] = ""


@router.get(ONE, response=Message, auth=READING, summary="Read a message")
def read_message(request: ApiRequest, message_id: UUID) -> Message:
    """Read a message, also an answer as far as it is saved."""
    return describe_message(find_shown(request.auth.user, message_id))


@router.delete(ONE, response=Conversation, auth=CHATTING, summary="Delete a message")
def delete_message(request: ApiRequest, message_id: UUID) -> Conversation:
    """Take a message away with all that follows from it, for an hour until for good; answers with what is on show."""
    return describe_conversation(branching.delete_message(request.auth.user, message_id))


@router.post(f"{ONE}/restore", response=Conversation, auth=CHATTING, summary="Bring a message back")
def bring_message_back(request: ApiRequest, message_id: UUID) -> Conversation:
    """Bring back a message with what was deleted along with it, and show it."""
    return describe_conversation(branching.restore_message(request.auth.user, message_id))


@router.post(f"{ONE}/show", response=Conversation, auth=CHATTING, summary="Show another branch")
def show_message(request: ApiRequest, message_id: UUID) -> Conversation:
    """Put the branch of a message on show, down to the end it showed last."""
    return describe_conversation(branching.show_branch(request.auth.user, message_id))


@router.post(f"{ONE}/keep", response=Conversation, auth=CHATTING, summary="Keep one of several answers")
def keep_message(request: ApiRequest, message_id: UUID) -> Conversation:
    """Go on from one of the answers that stand side by side; the others stay as its siblings."""
    return describe_conversation(branching.keep_reply(request.auth.user, message_id))


@router.post(f"{ONE}/fork", response={201: Conversation}, auth=CHATTING, summary="Fork a conversation")
def fork_message(request: ApiRequest, message_id: UUID) -> Status[Conversation]:
    """Copy the branch from its beginning to a message into a new conversation, which no model hears of."""
    return Status(201, describe_conversation(branching.fork_conversation(request.auth.user, message_id)))


@router.put(f"{ONE}/rating", response=Message, auth=CHATTING, summary="Rate an answer")
def rate_message(request: ApiRequest, message_id: UUID, body: NewRating) -> Message:
    """Say what you think of an answer; the reason has to be one of its kind."""
    number = next(number for number, value in RATINGS.items() if value == body.value)
    rate_reply(request.auth.user, message_id, rating=number, reason=body.reason or "")
    return describe_message(find_shown(request.auth.user, message_id))


@router.delete(f"{ONE}/rating", response=Message, auth=CHATTING, summary="Take a rating back")
def unrate_message(request: ApiRequest, message_id: UUID) -> Message:
    rate_reply(request.auth.user, message_id, rating=None)
    return describe_message(find_shown(request.auth.user, message_id))


@router.post(f"{ONE}/report", response={204: None}, auth=CHATTING, summary="Report an answer")
def report_message(request: ApiRequest, message_id: UUID, body: Report) -> Status[None]:
    """Let the operators look at an answer; again is as good as once."""
    report_reply(request.auth.user, message_id, reason=body.reason or "", remark=body.remark)
    return Status(204, None)
