"""``/api/replies/...``: an answer, also while it is written, and what can be done with it."""

import asyncio
from contextlib import aclosing
from functools import partial
from typing import Annotated
from uuid import UUID

from django.http.response import HttpResponseBase
from ninja import Header, Router

from api.answers import Reply
from api.auth import CHATTING, READING_OR_CHATTING, ApiRequest
from api.idempotency import knows_repeats
from api.limits import starts_model
from api.streams import Begun, Listener, events, on_the_loop, respond
from api.turns import ANSWERS, EVENTS, Asking, Model, answer, name_command
from chatproject.database import in_database
from conversations import asking
from conversations.following import POSITION_PATTERN, START, Ended, Position, follow
from conversations.protocol import ContinueReply, RegenerateReply
from conversations.selectors import Snapshot, get_reply, get_snapshot

router = Router(tags=["replies"])

STOPPING = 5.0
"""Seconds in which who writes a reply has seen the wish to stop, on a good day in one."""

EventId = Annotated[
    str | None,
    Header(alias="Last-Event-ID", pattern=POSITION_PATTERN, description="The id of the last event you have."),
]


class Again(Asking):
    model: Model


@router.get("/replies/{reply_id}", response=Reply, auth=READING_OR_CHATTING, summary="Read an answer")
def read_reply(request: ApiRequest, reply_id: UUID) -> Reply:
    """Give an answer, or what is saved of it while it is written: it lags by up to a second."""
    get_reply(request.auth.user, reply_id)
    return Reply.of(get_snapshot(reply_id))


@router.get(
    "/replies/{reply_id}/events",
    response=None,
    auth=READING_OR_CHATTING,
    summary="Follow an answer",
    openapi_extra=EVENTS,
)
def follow_reply(request: ApiRequest, reply_id: UUID, last_event_id: EventId = None) -> HttpResponseBase:
    """Give the events of an answer from the one named by `Last-Event-ID` on, or from its first word, to its end."""
    reply = get_reply(request.auth.user, reply_id)
    position = Position.parse(last_event_id) if last_event_id else START
    begun = Begun(reply.conversation_id, {reply.pk: position})

    async def begin() -> Begun:
        return begun

    return respond(events(Listener.of(request), begin))


@router.post("/replies/{reply_id}/stop", response=Reply, auth=CHATTING, summary="Stop an answer")
def stop_reply(request: ApiRequest, reply_id: UUID) -> Reply:
    """End an answer where it is; its text so far stays. One that has ended already stays as it is."""
    return Reply.of(on_the_loop(_stop, request, reply_id))


async def _stop(request: ApiRequest, reply_id: UUID) -> Snapshot:
    user = request.auth.user
    reply = await asking.stop_reply(user, reply_id)
    try:
        async with asyncio.timeout(STOPPING), aclosing(follow(user, reply.conversation_id, {reply_id: START})) as told:
            async for one in told:
                if isinstance(one, Ended):
                    return one.saved
    except TimeoutError:
        pass  # whoever writes it cannot reach the database; the wish is noted
    return await in_database(get_snapshot, reply_id)


@router.post(
    "/replies/{reply_id}/regenerate", response=ANSWERS, auth=CHATTING, summary="Answer anew", openapi_extra=EVENTS
)
@knows_repeats
@starts_model
def regenerate_reply(request: ApiRequest, reply_id: UUID, body: Again) -> HttpResponseBase:
    """Ask the same question again, perhaps of another model: a sibling of the answer."""
    command = RegenerateReply(name_command(request, body), reply_id, body.model)
    return answer(request, body, command.client_id, partial(asking.regenerate_reply, request.auth.user, command))


@router.post(
    "/replies/{reply_id}/continue", response=ANSWERS, auth=CHATTING, summary="Let an answer go on", openapi_extra=EVENTS
)
@knows_repeats
@starts_model
def continue_reply(request: ApiRequest, reply_id: UUID, body: Asking) -> HttpResponseBase:
    """Let an answer that ended early go on; events tell all of it, from its first word."""
    command = ContinueReply(name_command(request, body), reply_id)
    return answer(request, body, command.client_id, partial(asking.continue_reply, request.auth.user, command))
