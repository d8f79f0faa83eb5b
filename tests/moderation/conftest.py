from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from moderation.words import word_list

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _own_list() -> Iterator[None]:
    """Let each test, and the one after it, read the list of its own database."""
    word_list.forget()
    yield
    word_list.forget()
