"""Keeping the catalogue: what a provider lists goes into the tables, what an operator changed stays.

All of this is for database threads.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from providers.port import ModelInfo

FRESH = timedelta(minutes=5)
"""How old a list may become before it is fetched again."""

RETRY = timedelta(minutes=1)
"""How soon a list that could not be fetched is tried again."""


@dataclass(frozen=True, slots=True)
class SyncResult:
    """What a list brought: wire names. ``kept`` are those whose values an operator changed."""

    listed: int = 0
    new: list[str] = field(default_factory=list)
    back: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)


def claim_listing(provider_slug: str, *, older_than: timedelta) -> bool:
    """Tell whether this process shall fetch a list now: nobody has claimed it for ``older_than``."""
    raise NotImplementedError


def store_list(provider_slug: str, models: list[ModelInfo]) -> SyncResult:
    """Put a provider's list into the catalogue, and note that it came. An unknown slug changes nothing."""
    raise NotImplementedError


def store_list_failure(provider_slug: str, reason: str) -> None:
    """Note in words why a list could not be fetched; what was known stays."""
    raise NotImplementedError
