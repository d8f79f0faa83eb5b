"""``POST /api/chat``: ask, and hear the answer as it is written, or once it is there."""

from functools import partial
from typing import Annotated
from uuid import UUID

from django.http import JsonResponse
from django.http.response import HttpResponseBase
from ninja import Router
from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from api.answers import Queued
from api.auth import CHATTING, ApiRequest
from api.idempotency import knows_repeats
from api.limits import starts_model
from api.shapes import Id
from api.streams import on_the_loop
from api.turns import ANSWERS, EVENTS, Asking, Model, answer, name_command
from conversations import asking
from conversations.attachments import MOST_OF_MESSAGE
from conversations.presets import MOST_COMPARED
from conversations.protocol import MAX_TEXT_LENGTH, EditMessage, SendMessage

router = Router(tags=["chat"])

Text = Annotated[str, Field(max_length=MAX_TEXT_LENGTH)]
WORDS_OR_FILES: JsonDict = {
    "anyOf": [
        {"properties": {"text": {"minLength": 1}}},
        {"properties": {"attachments": {"minItems": 1}}, "required": ["attachments"]},
    ]
}


class NewMessage(Asking):
    """A question; ``conversation`` null begins one, ``parent`` null goes on from the tip of the branch on show."""

    model_config = ConfigDict(json_schema_extra=WORDS_OR_FILES)

    text: Text
    model: Model
    conversation: Id | None = None
    parent: Id | None = None
    attachments: Annotated[list[Id], Field(default_factory=list, max_length=MOST_OF_MESSAGE)]
    models: Annotated[
        list[Model],
        Field(
            default_factory=list,
            max_length=MOST_COMPARED,
            description="Two to four models to ask side by side, the first being `model`.",
        ),
    ]
    folder: Annotated[Id | None, Field(description="Where a conversation that this begins lies.")] = None
    temporary: Annotated[bool, Field(description="The conversation that this begins is listed nowhere, and ends.")] = (
        False
    )
    queue: Annotated[bool, Field(description="Wait for the answer that is being written, instead of `busy`.")] = False


class OtherWords(Asking):
    text: Annotated[Text, Field(min_length=1)]
    model: Model


@router.post("/chat", response={**ANSWERS, 202: Queued}, auth=CHATTING, summary="Ask", openapi_extra=EVENTS)
@knows_repeats
@starts_model
def send_message(request: ApiRequest, body: NewMessage) -> HttpResponseBase:
    """Ask a model, or several side by side.

    With `stream` the answer is a stream of events, else it comes as a whole once it has ended. Whoever leaves stops
    nothing: the same message again, with the same `client_id` or `Idempotency-Key`, gives the same answer and asks
    nobody. A message that waits for its turn is answered with 202.
    """
    command = SendMessage(
        client_id=name_command(request, body),
        conversation=body.conversation,
        parent=body.parent,
        text=body.text,
        model=body.model,
        attachments=body.attachments,
        folder=body.folder,
        queue=body.queue,
        temporary=body.temporary,
        models=tuple(body.models),
    )
    if waiting := on_the_loop(asking.queue_message, request.auth.user, command):
        return JsonResponse(Queued.of(waiting).model_dump(mode="json"), status=202)
    return answer(request, body, command.client_id, partial(asking.send_message, request.auth.user, command))


@router.post(
    "/messages/{message_id}/edit", response=ANSWERS, auth=CHATTING, summary="Ask in other words", openapi_extra=EVENTS
)
@knows_repeats
@starts_model
def edit_message(request: ApiRequest, message_id: UUID, body: OtherWords) -> HttpResponseBase:
    """Ask again in other words: a sibling of the question, with a reply of its own."""
    command = EditMessage(name_command(request, body), message_id, body.text, body.model)
    return answer(request, body, command.client_id, partial(asking.edit_message, request.auth.user, command))
