"""``POST /v1/messages`` and ``/v1/messages/count_tokens``: Anthropic's clients, with any model of this site."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import orjson

from accounts.tokens import Scope
from chatproject.database import in_database
from doors.anthropic_answer import MessageStream, WholeMessage
from doors.anthropic_request import read_question, read_request
from doors.asking import Asking, Question, estimate_request, require_bearer
from doors.errors import failure_of
from doors.naming import catch_up, find_model
from doors.reading import read_asked
from doors.storing import keeper
from doors.streaming import pour

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from chatproject.errors import DomainError
    from doors.http import Exchange
    from providers.port import ChatMessage, ChatRequest


USUAL_SIDE = 1092
"""Pixels: a square picture of these is about as large as models look at."""


async def create(exchange: Exchange) -> None:
    secret, asked = await read_asked(exchange, read_request)
    question = Question(asked.request.model, asked.request, keep=keeper(asked.request) if asked.is_stored else None)
    asking = Asking(secret, question, note=exchange.note_limits)
    if asked.is_streamed:
        frames = _frames(asking, shows_thinking=asked.shows_thinking)
        await pour(exchange, frames, failure_frame=partial(_failure, exchange))
    else:
        await exchange.answer(200, await exchange.attend(_whole(asking, shows_thinking=asked.shows_thinking)))


async def count_tokens(exchange: Exchange) -> None:
    """Give our estimate: no model is asked, and no picture looked at."""
    secret, question = await read_asked(exchange, read_question)
    request = _with_usual_pictures(question)
    await catch_up(request.model)
    await exchange.answer(200, {"input_tokens": await in_database(_count, secret, request)})


def _count(secret: str, request: ChatRequest) -> int:
    require_bearer(secret, Scope.READ, Scope.CHAT)
    find_model(request.model)
    return estimate_request(request)


async def _frames(asking: Asking, *, shows_thinking: bool) -> AsyncGenerator[bytes, None]:
    def estimate() -> int:
        return estimate_request(asking.screened.request)

    stream = MessageStream(_name(asking), estimate=estimate, shows_thinking=shows_thinking)
    async with asking, aclosing(asking.events()) as events:
        async for event in events:
            for frame in stream.take(event, asking.model):
                yield frame
    for frame in stream.finish(asking.usage):
        yield frame


async def _whole(asking: Asking, *, shows_thinking: bool) -> dict[str, Any]:
    message = WholeMessage(shows_thinking=shows_thinking)
    async with asking, aclosing(asking.events()) as events:
        async for event in events:
            message.take(event)
    return message.finish(_name(asking), asking.model, asking.usage)


def _name(asking: Asking) -> str:
    return f"msg_{asking.subject.hex}"


def _failure(exchange: Exchange, error: DomainError) -> bytes:
    body = failure_of(exchange.path, error, request_id=exchange.request_id)
    return b"event: error\ndata: " + orjson.dumps(body) + b"\n\n"


def _with_usual_pictures(request: ChatRequest) -> ChatRequest:
    def sized(message: ChatMessage) -> ChatMessage:
        pictures = (replace(picture, width=USUAL_SIDE, height=USUAL_SIDE) for picture in message.pictures)
        return replace(message, pictures=tuple(pictures))

    return replace(request, messages=tuple(map(sized, request.messages)))
