"""What the operations that have a model asked have in common."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated, Any

from django.http.response import HttpResponseBase
from pydantic import Field
from uuid_utils.compat import uuid7

from api import sse
from api.answers import Accepted, Answer
from api.auth import ApiRequest
from api.idempotency import name_request
from api.shapes import Input
from api.streams import Begun, Listener, events, respond, whole_answer
from conversations.following import START
from conversations.questions import Turn

JSON = "application/json"
ANSWERS: dict[int, type[Answer]] = {200: Answer}
EVENTS: dict[str, Any] = {"responses": {200: {"content": {sse.MEDIA_TYPE: {"schema": {"type": "string"}}}}}}
"""What 200 is where ``stream`` is true; see docs/api.md for the events."""

Model = Annotated[str, Field(min_length=1, max_length=200, description="`<provider>/<name>`, or `preset/<id>`.")]


class Asking(Input):
    """What every command that starts a model may say."""

    client_id: Annotated[
        str | None,
        Field(min_length=1, max_length=64, description="Names this command: sent again, it has one effect."),
    ] = None
    stream: Annotated[bool, Field(description="Answer with events.")] = False


def name_command(request: ApiRequest, body: Asking) -> str:
    """Give the id under which a command is known when it comes again; raises KeyReused."""
    named = name_request(request)
    return body.client_id if body.client_id is not None else named or uuid7().hex


def answer(request: ApiRequest, body: Asking, client_id: str, take: Callable[[], Awaitable[Turn]]) -> HttpResponseBase:
    """Take a turn, and answer with its events or with the whole."""
    listener, begin = Listener.of(request), partial(_begin, client_id, take)
    if body.stream:
        return respond(events(listener, begin))
    return respond(whole_answer(listener, begin), JSON)


async def _begin(client_id: str, take: Callable[[], Awaitable[Turn]]) -> Begun:
    turn = await take()
    accepted = Accepted.of(turn, client_id).model_dump()
    return Begun(turn.conversation.pk, dict.fromkeys((reply.pk for reply in turn.replies), START), accepted)
