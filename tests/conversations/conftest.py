from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from chatproject.database import in_database
from conversations import generation
from providers.gateway import get_gateway
from providers.port import ProviderConfig
from tests.fake_provider import FakeProvider
from tests.support.factories import make_user

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from pytest_django.fixtures import Settings

    from accounts.models import User


@pytest.fixture
async def fake(settings: Settings) -> AsyncIterator[FakeProvider]:
    """Give the provider that this process asks, and let it save as a server does."""
    async with FakeProvider() as provider:
        settings.PROVIDERS = (
            ProviderConfig("openai", "openai", "OpenAI", provider.base_url, ("sk-test",)),
            ProviderConfig("anthropic", "anthropic", "Anthropic", provider.root_url, ("sk-test",)),
        )
        get_gateway.cache_clear()
        await get_gateway().refresh()
        saving = asyncio.create_task(generation.keep_saving())
        yield provider
        await generation.drain(0)
        saving.cancel()
        await get_gateway().close()
        get_gateway.cache_clear()


@pytest.fixture
async def asker(fake: FakeProvider) -> User:
    return await in_database(make_user)
