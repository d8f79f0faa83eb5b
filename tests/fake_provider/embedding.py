"""OpenAI's embeddings: the same text has the same vector, of length one, whoever asks."""

from __future__ import annotations

import base64
import hashlib
import math
from array import array
from typing import Any

from providers.tokens import estimate_tokens

EMBEDDINGS = "/v1/embeddings"
DIMENSIONS = 8
EMBEDDING_MODELS = ("text-embedding-3-small",)


def embedded_texts(body: dict[str, Any]) -> list[str]:
    told = body.get("input", "")
    return [str(one) for one in told] if isinstance(told, list) else [str(told)]


def vector_of(text: str, dimensions: int = DIMENSIONS) -> list[float]:
    """Give the vector of a text: numbers from its hash, as floats of 32 bits."""
    numbers = [digit - 127.5 for digit in hashlib.shake_256(text.encode()).digest(dimensions)]
    length = math.sqrt(sum(number * number for number in numbers))
    return list(array("f", [number / length for number in numbers]))


def embeddings(body: dict[str, Any], *, only_floats: bool = False) -> dict[str, Any]:
    texts = embedded_texts(body)
    vectors = [vector_of(text, body.get("dimensions") or DIMENSIONS) for text in texts]
    packed = body.get("encoding_format") == "base64" and not only_floats
    data = [
        {"object": "embedding", "index": place, "embedding": _packed(vector) if packed else vector}
        for place, vector in enumerate(vectors)
    ]
    tokens = sum(map(estimate_tokens, texts))
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return {"object": "list", "model": body.get("model"), "data": data, "usage": usage}


def _packed(vector: list[float]) -> str:
    return base64.b64encode(array("f", vector).tobytes()).decode()
