"""Embeddings of OpenAI and compatible servers: texts out, vectors back.

They are asked for in base64, which is a third as long; servers that do not know it send numbers, or refuse the option.
"""

from __future__ import annotations

import math
from array import array
from base64 import b64decode
from typing import TYPE_CHECKING, Any

import orjson

from providers.answers import as_count, as_object
from providers.port import Embeddings, Usage
from providers.tokens import estimate_tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

    from providers.port import EmbeddingRequest

_FEWEST_BYTES, _BYTES_OF_VECTOR = 1 << 20, 128 << 10
"""The longest vectors in use are of 4,096 numbers, of up to 25 characters each."""

OWN_FIELDS = {"model", "input"}


def wire_texts(request: EmbeddingRequest) -> dict[str, Any]:
    further = {name: value for name, value in request.options.items() if name not in OWN_FIELDS}
    dimensions = {} if request.dimensions is None else {"dimensions": request.dimensions}
    return {**further, "model": request.model, "input": list(request.inputs), **dimensions}


def wire_options(request: EmbeddingRequest) -> dict[str, Any]:
    """Write what is left out for a model that refuses it."""
    user = {} if request.user_label is None else {"user": request.user_label}
    return {"encoding_format": "base64", **user}


def most_bytes(request: EmbeddingRequest) -> int:
    return _FEWEST_BYTES + _BYTES_OF_VECTOR * len(request.inputs)


def read_vectors(content: bytes, inputs: Sequence[str]) -> Embeddings:
    """Read the vectors in the order of their texts; raises ValueError, LookupError or TypeError for anything else."""
    told = as_object(orjson.loads(content))
    entries = [as_object(one) for one in told["data"]]
    by_place = {entry.get("index"): entry for entry in entries}
    vectors = tuple(_vector(by_place.get(place, entry)["embedding"]) for place, entry in enumerate(entries))
    if len(vectors) != len(inputs) or len({len(vector) for vector in vectors}) != 1:
        raise ValueError("not one vector for each text")
    return Embeddings(vectors, _usage(told, inputs))


def _vector(told: object) -> array[float]:
    vector = array("f")
    if isinstance(told, str):
        vector.frombytes(b64decode(told, validate=True))
    elif isinstance(told, list):
        vector.extend(told)
    if not vector or not math.isfinite(sum(vector)):
        raise ValueError("no vector")
    return vector


def _usage(told: dict[str, Any], inputs: Sequence[str]) -> Usage:
    prompt = as_count(as_object(told.get("usage")).get("prompt_tokens"))
    if prompt is None:
        return Usage(sum(map(estimate_tokens, inputs)), 0, estimated=True)
    return Usage(prompt, 0)
