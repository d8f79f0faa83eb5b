"""Rows of the catalogue, for tests."""

from __future__ import annotations

from typing import Any

from providers.models import LanguageModel, Price, Provider
from providers.port import ProviderConfig

OPENAI = "https://api.openai.com/v1"
ANTHROPIC = "https://api.anthropic.com"
LOCAL = "http://127.0.0.1:11434/v1"


def make_provider(slug: str = "openai", **fields: Any) -> Provider:
    fields = {"kind": "openai", "label": slug.capitalize(), "base_url": OPENAI, **fields}
    return Provider.objects.create(slug=slug, **fields)


def make_model(provider: Provider, name: str, **fields: Any) -> LanguageModel:
    return LanguageModel.objects.create(provider=provider, name=name, **{"label": name.upper(), **fields})


def make_price(model: LanguageModel, input: int, output: int, **fields: Any) -> Price:  # noqa: A002 - the column's name
    return Price.objects.create(model=model, input=input, output=output, **fields)


def config_of(provider: Provider) -> ProviderConfig:
    return ProviderConfig(provider.slug, provider.kind, provider.label, provider.base_url)
