"""``POST /v1/chat/completions``: OpenAI's clients, with any model of this site."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import orjson

from doors.asking import Asking, Question
from doors.errors import openai_failure
from doors.openai_answer import DONE, Chunks, WholeAnswer
from doors.openai_request import read_request
from doors.storing import keeper
from doors.streaming import pour

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from chatproject.errors import DomainError
    from doors.http import Exchange
    from doors.openai_request import CompletionRequest


async def complete(exchange: Exchange) -> None:
    secret = exchange.secret()
    asked = read_request(await exchange.read_json())
    question = Question(asked.request.model, asked.request, keep=keeper(asked.request) if asked.is_stored else None)
    asking = Asking(secret, question, note=exchange.note_limits)
    if asked.is_streamed:
        await pour(exchange, _chunks(asking, asked), failure_frame=_failure)
    else:
        await exchange.answer(200, await exchange.attend(_whole(asking)))


async def _chunks(asking: Asking, asked: CompletionRequest) -> AsyncGenerator[bytes, None]:
    chunks = Chunks(_name(asking), created=asking.created, tells_usage=asked.tells_usage)
    async with asking, aclosing(asking.events()) as events:
        async for event in events:
            for chunk in chunks.take(event, asking.model):
                yield chunk
    if asked.tells_usage and (usage := asking.usage):
        yield chunks.usage(usage)
    yield DONE


async def _whole(asking: Asking) -> dict[str, Any]:
    answer = WholeAnswer()
    async with asking, aclosing(asking.events()) as events:
        async for event in events:
            answer.take(event)
    return answer.document(_name(asking), asking.model, created=asking.created, usage=asking.usage)


def _name(asking: Asking) -> str:
    return f"chatcmpl-{asking.subject.hex}"


def _failure(error: DomainError) -> bytes:
    return b"data: " + orjson.dumps(openai_failure(error)) + b"\n\n"
