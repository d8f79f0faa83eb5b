"""Answers that take their time: as events while they are written, or as JSON once they have ended.

Leaving stops nothing. What is refused is refused before the first byte, with a status of its own; whatever breaks later
is told as the event ``error``, after which the same stream can be had again from the last id on.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, ParamSpec, TypeVar

import orjson
from asgiref.sync import async_to_sync
from django.conf import settings
from django.db import close_old_connections
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.places import places
from accounts.sessions import session_user
from accounts.tokens import find_bearer
from api import sse
from api.answers import Answer, Reply
from api.auth import HEADER, Unauthorized
from chatproject.errors import TooManyRequests, as_domain_error
from chatproject.failures import OURS, failure_body
from chatproject.requests import id_of_request
from conversations.following import START, Ended, Quiet, follow

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Mapping
    from uuid import UUID

    from django.http import StreamingHttpResponse

    from accounts.models import User
    from api.auth import ApiRequest
    from conversations.following import Event, Position

P = ParamSpec("P")
T = TypeVar("T")

RETRY_AFTER_FULL = 5.0
SPACE = b" "


def on_the_loop(work: Callable[P, Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Do what waits, from the thread of a request, which holds no connection to the database meanwhile."""
    close_old_connections()
    return async_to_sync(work)(*args, **kwargs)


@dataclass(frozen=True, slots=True)
class Listener:
    """Who listens, for as long as they may: ``check`` raises once they may not; for the database threads."""

    user: User
    request_id: str
    language: str
    check: Callable[[], None]

    @classmethod
    def of(cls, request: ApiRequest) -> Listener:
        language = translation.get_language() or settings.LANGUAGE_CODE
        return cls(request.auth.user, id_of_request(request), language, _check(request))


def _check(request: ApiRequest) -> Callable[[], None]:
    secret = request.headers.get(HEADER, "").partition(" ")[2].strip()
    session_key = request.session.session_key or ""

    def check() -> None:
        if not (find_bearer(secret) if secret else session_user(session_key)):
            raise Unauthorized(_("You are not signed in any more, or the token was revoked."))

    return check


class Begun(NamedTuple):
    """What there is to tell: replies of one conversation, each from a position on."""

    conversation: UUID
    positions: Mapping[UUID, Position]
    accepted: Mapping[str, Any] | None = None


Beginning = Callable[[], Awaitable[Begun]]


async def events(listener: Listener, begin: Beginning) -> AsyncGenerator[bytes, None]:
    """Begin, and give the events of the replies until all have ended; what refuses raises before the first piece."""
    async with _place(listener.user):
        begun, reached = await begin(), str(START)
        yield sse.event("accepted", reached, begun.accepted) if begun.accepted else sse.COMMENT
        translation.activate(listener.language)  # from here on the server asks, and no longer the request's thread
        try:
            async with aclosing(_follow(listener, begun)) as told:
                async for one in told:
                    reached = reached if isinstance(one, Quiet) else str(one.position)
                    yield _piece(one)
        except Exception as error:  # noqa: BLE001 - translated in one place, which logs what is no DomainError
            yield sse.event("error", reached, _failure(listener, error))


async def whole_answer(listener: Listener, begin: Beginning) -> AsyncGenerator[bytes, None]:
    """Begin, and give all replies as one JSON object once they have ended, after white space that keeps the line."""
    ended: dict[UUID, dict[str, Any]] = {}
    async with _place(listener.user):
        begun = await begin()
        yield SPACE
        translation.activate(listener.language)
        try:
            async with aclosing(_follow(listener, begun)) as told:
                async for one in told:
                    if isinstance(one, Ended):
                        ended[one.saved.reply.pk] = _reply(one)
                    elif isinstance(one, Quiet):
                        yield SPACE
        except Exception as error:  # noqa: BLE001 - as above
            yield orjson.dumps(_failure(listener, error))
            return
    first, *beside = (ended[reply] for reply in begun.positions)
    common = {name: value for name, value in (begun.accepted or {}).items() if name in Answer.model_fields}
    yield orjson.dumps({**common, "reply": first, "beside": beside})


def respond(pieces: AsyncGenerator[bytes, None], content_type: str = sse.MEDIA_TYPE) -> StreamingHttpResponse:
    """Answer with pieces as they are made, from the thread of a request; raises what comes before the first."""
    return sse.respond(on_the_loop(_begun, pieces), content_type)


async def _begun(pieces: AsyncGenerator[bytes, None]) -> AsyncIterator[bytes]:
    """Run up to the first piece; what has begun is ended even where nobody reads on."""
    first = await anext(pieces)

    async def whole() -> AsyncIterator[bytes]:
        async with aclosing(pieces):
            yield first
            async for piece in pieces:
                yield piece

    return whole()


@asynccontextmanager
async def _place(user: User) -> AsyncIterator[None]:
    """Take one of the places that a person's tabs and streams share; raises TooManyRequests."""
    place = await places.take(user.pk)
    if place is None:
        raise TooManyRequests(_("Too many tabs and streams are open. Close one first."), retry_after=RETRY_AFTER_FULL)
    try:
        yield
    finally:
        await places.give_back(place)


def _follow(listener: Listener, begun: Begun) -> AsyncGenerator[Event, None]:
    return follow(listener.user, begun.conversation, begun.positions, check=listener.check)


def _piece(told: Event) -> bytes:
    if isinstance(told, Quiet):
        return sse.PING
    if isinstance(told, Ended):
        return sse.event("finished", told.position, _reply(told))
    data = {"reply": told.reply, "offset": told.offset, "text": told.text}
    return sse.event("reasoning" if told.is_reasoning else "delta", told.position, data)


def _reply(told: Ended) -> dict[str, Any]:
    return Reply.of(told.saved).model_dump()


def _failure(listener: Listener, error: Exception) -> dict[str, Any] | None:
    known = as_domain_error(error)
    return failure_body(OURS, known.http_status, known.message, request_id=listener.request_id, code=known.code)
