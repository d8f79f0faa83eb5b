from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from providers.http import close_client
from providers.keys.services import find_provider
from tests.fake_provider import FakeProvider

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from pytest_django.fixtures import Settings

    from providers.models import Provider


@pytest.fixture
async def fake() -> AsyncIterator[FakeProvider]:
    """Give a provider in this process."""
    async with FakeProvider() as provider:
        yield provider
        await close_client()


@pytest.fixture
def openai(db: None) -> Provider:
    return find_provider("openai")


@pytest.fixture
def field_keys(settings: Settings) -> list[str]:
    """Give two field keys, of which the second one has sealed so far, and the first one is new."""
    new, old = "bmV3LW5ldy1uZXctbmV3LW5ldy1uZXctbmV3LW5ldy0=", "b2xkLW9sZC1vbGQtb2xkLW9sZC1vbGQtb2xkLW9sZC0="
    settings.FIELD_ENCRYPTION_KEYS = [old]
    return [new, old]
