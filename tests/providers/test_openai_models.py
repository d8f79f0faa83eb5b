from __future__ import annotations

from typing import Any

import pytest

from providers.adapters.openai_models import compatible_model, openai_models
from providers.port import ModelInfo

LISTED = [
    ("gpt-4", 1),
    ("gpt-4-0613", 1),
    ("gpt-3.5-turbo", 2),
    ("gpt-3.5-turbo-instruct", 2),
    ("gpt-4o-mini", 3),
    ("gpt-4o-mini-2024-07-18", 3),
    ("gpt-4o-audio-preview", 4),
    ("gpt-4o-realtime-preview", 4),
    ("gpt-4o-transcribe", 4),
    ("gpt-4o-mini-tts", 4),
    ("gpt-4o-search-preview", 4),
    ("gpt-image-1", 5),
    ("o3-mini", 6),
    ("o1-pro", 6),
    ("o3-deep-research", 6),
    ("chatgpt-4o-latest", 7),
    ("gpt-5.5", 9),
    ("gpt-5.5-2026-08-01", 9),
    ("gpt-5.5-codex", 9),
    ("gpt-5.5-pro", 9),
    ("gpt-5.4-2026-03-01", 8),
    ("text-embedding-3-large", 9),
    ("tts-1", 9),
    ("whisper-1", 9),
    ("dall-e-3", 9),
    ("omni-moderation-latest", 9),
    ("davinci-002", 9),
    ("sora-2", 9),
    ("ft:gpt-4o-mini:acme::abc", 2),
]


def test_openai_list_keeps_chat_models_newest_first() -> None:
    models = openai_models([{"id": name, "created": created} for name, created in LISTED])

    assert [model.name for model in models if model.kind == "chat"] == [
        "gpt-5.5",
        "gpt-5.4-2026-03-01",
        "chatgpt-4o-latest",
        "o3-mini",
        "gpt-4o-mini",
        "ft:gpt-4o-mini:acme::abc",
        "gpt-3.5-turbo",
        "gpt-4",
    ]
    assert [model.name for model in models if model.kind == "embedding"] == ["text-embedding-3-large"]


@pytest.mark.parametrize(
    ("listed", "kind"),
    [
        ({"id": "nomic-embed-text:latest"}, "embedding"),
        ({"id": "BAAI/bge-m3"}, "embedding"),
        ({"id": "all-minilm:l6-v2"}, "embedding"),
        ({"id": "all-minilm"}, "embedding"),
        ({"id": "some-vectors", "type": "embeddings"}, "embedding"),
        ({"id": "llama3", "type": "llm"}, "chat"),
        ({"id": "gemma-e5"}, "chat"),
    ],
    ids=str,
)
def test_compatible_list_tells_what_a_model_is_for(listed: dict[str, Any], kind: str) -> None:
    assert compatible_model(listed).kind == kind


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("gpt-5.5", "GPT-5.5"),
        ("gpt-4o-mini", "GPT-4o mini"),
        ("gpt-5.4-2026-03-01", "GPT-5.4 (2026-03-01)"),
        ("chatgpt-4o-latest", "ChatGPT-4o latest"),
        ("o3-mini", "o3-mini"),
        ("ft:gpt-4o-mini:acme::abc", "ft:gpt-4o-mini:acme::abc"),
    ],
)
def test_openai_labels_are_names_as_people_know_them(name: str, label: str) -> None:
    assert openai_models([{"id": name}])[0].label == label


def test_small_old_models_keep_their_small_windows() -> None:
    windows = {one.name: one.context_window for one in openai_models([{"id": "gpt-4"}, {"id": "gpt-5.5"}])}
    assert windows == {"gpt-4": 8_192, "gpt-5.5": None}


@pytest.mark.parametrize(
    ("listed", "model"),
    [
        ({"id": "llama3:latest", "owned_by": "library"}, ModelInfo("llama3:latest", "llama3:latest")),
        (
            {"id": "meta-llama/Llama-3.1-8B", "max_model_len": 131072, "root": "x"},
            ModelInfo("meta-llama/Llama-3.1-8B", "Llama-3.1-8B", 131072),
        ),
        (
            {"id": "/models/qwen-7b.gguf", "meta": {"n_ctx_train": 32768, "n_params": 7}},
            ModelInfo("/models/qwen-7b.gguf", "qwen-7b", 32768),
        ),
        ({"id": "q", "meta": {"n_ctx": 4096, "n_ctx_train": 32768}}, ModelInfo("q", "q", 4096)),
        ({"id": "q", "max_context_length": 9000, "loaded_context_length": 4096}, ModelInfo("q", "q", 4096)),
        ({"id": "q", "meta": None, "max_model_len": "many"}, ModelInfo("q", "q")),
        ({"id": "q", "context_length": 0}, ModelInfo("q", "q")),
    ],
)
def test_compatible_servers_are_read_in_their_own_dialects(listed: dict[str, Any], model: ModelInfo) -> None:
    assert compatible_model(listed) == model
