from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chatproject.database import in_database
from tests.conversations.asking import running_engine
from tests.support.factories import make_user

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from pytest_django.fixtures import Settings

    from accounts.models import User
    from tests.fake_provider import FakeProvider


@pytest.fixture
async def fake(settings: Settings) -> AsyncIterator[FakeProvider]:
    """Give the provider that this process asks, and let it save as a server does."""
    async with running_engine(settings) as provider:
        yield provider


@pytest.fixture
async def asker(fake: FakeProvider) -> User:
    return await in_database(make_user)
