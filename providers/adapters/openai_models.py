"""Reading ``GET /models``: what OpenAI lists is sorted out, what a compatible server lists is taken whole."""

from __future__ import annotations

import re
from typing import Any

from providers.answers import as_count, as_text
from providers.facts import known_kind
from providers.port import ModelInfo

_CHAT = re.compile(r"^(ft:)?(gpt-|chatgpt-|o\d)")
# No chat at all, or not over Chat Completions.
_NOT_CHAT = re.compile(
    r"audio|realtime|transcribe|tts|image|instruct|search|codex|deep-research|computer-use|live|-pro\b"
)
_DATED = re.compile(r"-(\d{4}-\d{2}-\d{2}|\d{4})$")

# OpenAI's list tells no context windows; these old ones are far smaller than the rest.
_SMALL_WINDOWS = {"gpt-4": 8_192, "gpt-3.5-turbo": 16_385}

_WINDOW_FIELDS = ("loaded_context_length", "max_model_len", "context_length", "max_context_length", "context_window")
_WINDOW_META_FIELDS = ("n_ctx", "n_ctx_train")


def openai_models(listed: list[dict[str, Any]]) -> list[ModelInfo]:
    """Keep the chat models, newest first, and those for embeddings.

    A dated snapshot is left out where its undated name is there.
    """
    names = {one["id"] for one in listed}
    chat = [one for one in listed if _CHAT.search(one["id"]) and not _NOT_CHAT.search(one["id"])]
    current = [one for one in chat if _undated(one["id"]) == one["id"] or _undated(one["id"]) not in names]
    current.sort(key=lambda one: (-_created(one), one["id"]))
    embedding = sorted(name for name in names if name.startswith("text-embedding-"))
    return [
        *(ModelInfo(one["id"], _label(one["id"]), _SMALL_WINDOWS.get(_undated(one["id"]))) for one in current),
        *(ModelInfo(name, name, kind="embedding") for name in embedding),
    ]


def compatible_model(listed: dict[str, Any]) -> ModelInfo:
    """Read one entry of any compatible server; file names and paths are shortened for people."""
    name = listed["id"]
    label = name.rstrip("/").rpartition("/")[2].removesuffix(".gguf") or name
    is_embedding = as_text(listed.get("type")).startswith("embedding")
    return ModelInfo(name, label, _window(listed), kind="embedding" if is_embedding else known_kind(name))


def _created(listed: dict[str, Any]) -> float:
    created = listed.get("created")
    return created if isinstance(created, int | float) else 0


def _undated(name: str) -> str:
    return _DATED.sub("", name)


def _label(name: str) -> str:
    """``gpt-5.5-mini`` is GPT-5.5 mini to people; what has another form keeps its name."""
    family, _, rest = name.partition("-")
    proper = {"gpt": "GPT", "chatgpt": "ChatGPT"}.get(family)
    if proper is None:
        return name
    dated = _DATED.search(rest)
    words = _undated(rest).replace("-", " ")
    return f"{proper}-{words}" + (f" ({dated.group(1)})" if dated else "")


def _window(listed: dict[str, Any]) -> int | None:
    meta = listed.get("meta")
    found = [listed.get(name) for name in _WINDOW_FIELDS]
    if isinstance(meta, dict):
        found += [meta.get(name) for name in _WINDOW_META_FIELDS]
    return next(filter(None, map(as_count, found)), None)
