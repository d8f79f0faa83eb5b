from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chatproject.database import in_database
from providers.gateway import get_gateway
from providers.port import ProviderConfig
from tests.conversations.asking import running_engine
from tests.money.paying import a_dollar_each, store_model
from tests.support.factories import make_user

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from pytest_django.fixtures import Settings

    from accounts.models import User
    from tests.fake_provider import FakeProvider


@pytest.fixture
def catalogue(transactional_db: None, settings: Settings) -> Iterator[None]:
    """Let this process know one provider, whose models the test makes by ``make_model``."""
    settings.PROVIDERS = (ProviderConfig("openai", "openai", "OpenAI", "http://models.example/v1", ("sk-test",)),)
    get_gateway.cache_clear()
    yield
    get_gateway.cache_clear()


@pytest.fixture
def person(catalogue: None) -> User:
    return make_user()


@pytest.fixture
async def engine(transactional_db: None, settings: Settings) -> AsyncIterator[FakeProvider]:
    """Let this process write replies, asking a provider of which every token costs one micro-dollar."""
    async with running_engine(settings) as provider:
        await in_database(store_model, tiers=a_dollar_each(), has_reasoning=False)
        await get_gateway().reload()
        yield provider


@pytest.fixture
async def asker(engine: FakeProvider) -> User:
    return await in_database(make_user)
