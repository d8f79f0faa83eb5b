"""``POST /v1/embeddings``: vectors for texts, by any embedding model of this site."""

from __future__ import annotations

import base64
import sys
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from doors.asking import Asking, Question
from doors.fields import BadField, Fields
from doors.reading import read_asked
from providers.gateway import get_gateway
from providers.models import Outcome
from providers.port import ChatMessage, ChatRequest, EmbeddingRequest, Embeddings, ProviderUnavailable

if TYPE_CHECKING:
    from array import array

    from doors.http import Exchange

MOST_TEXTS = 2048
MOST_DIMENSIONS = 100_000


@dataclass(frozen=True, slots=True)
class Asked:
    """Texts to embed; ``request.model`` is as it was named."""

    request: EmbeddingRequest
    is_packed: bool = False


async def create(exchange: Exchange) -> None:
    secret, asked = await read_asked(exchange, read_request)
    texts = ChatRequest(asked.request.model, tuple(ChatMessage("user", text) for text in asked.request.inputs))
    asking = Asking(secret, Question(asked.request.model, texts, kind="embedding"), note=exchange.note_limits)
    await exchange.answer(200, await exchange.attend(_embed(asking, asked)))


def read_request(body: object) -> Asked:
    """Read the body of a request; raises BadField."""
    fields = Fields(body)
    request = EmbeddingRequest(
        fields.needed(fields.text, "model"),
        _read_texts(fields),
        dimensions=fields.count("dimensions", least=1, most=MOST_DIMENSIONS),
        user_label=fields.text("user"),
    )
    asked = Asked(request, fields.choice("encoding_format", {"float", "base64"}) == "base64")
    fields.done()
    return asked


def _read_texts(fields: Fields) -> tuple[str, ...]:
    told = fields.raw("input")
    texts = (told,) if isinstance(told, str) else tuple(fields.needed(fields.items, "input"))
    if any(isinstance(one, int | list) and not isinstance(one, bool) for one in texts):
        raise BadField("input", "tokens mean something else to each model; send texts.")
    if not texts or not all(isinstance(one, str) and one for one in texts):
        raise BadField("input", "a text, or a list of texts, is expected, none of them empty.")
    if len(texts) > MOST_TEXTS:
        raise BadField("input", f"at most {MOST_TEXTS} texts can be sent at once.")
    return texts


async def _embed(asking: Asking, asked: Asked) -> dict[str, Any]:
    async with asking:
        found = await _ask(asking, asked.request)
    write = _packed if asked.is_packed else _listed
    data = [
        {"object": "embedding", "index": place, "embedding": write(vector)}
        for place, vector in enumerate(found.vectors)
    ]
    tokens = found.usage.prompt_tokens
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return {"object": "list", "data": data, "model": asking.model, "usage": usage}


async def _ask(asking: Asking, request: EmbeddingRequest) -> Embeddings:
    """Have the texts embedded as they may be read; raises ProviderErrors."""
    fitted = EmbeddingRequest(
        asking.entry.name,
        tuple(one.content for one in asking.said),
        dimensions=request.dimensions,
        user_label=request.user_label,
    )
    async with aclosing(get_gateway().embed(asking.entry.id, fitted)) as events:
        async for event in events:
            if isinstance(event, Embeddings):
                asking.account.note(event.usage)
                asking.outcome = Outcome.COMPLETE
                return event
            asking.account.note(event)
    raise ProviderUnavailable("The provider sent no vectors. Try again.")


def _packed(vector: array[float]) -> str:
    """Write a vector as its bytes, of which the least come first."""
    if sys.byteorder == "big":
        vector = vector[:]
        vector.byteswap()
    return base64.b64encode(vector.tobytes()).decode()


def _listed(vector: array[float]) -> list[float]:
    return vector.tolist()
