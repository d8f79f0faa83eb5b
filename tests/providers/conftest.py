from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from providers.http import close_client
from providers.registry import make_provider
from tests.fake_provider import FakeProvider
from tests.providers.asking import WIRES, config_for

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from providers.port import Provider


@pytest.fixture
async def fake() -> AsyncIterator[FakeProvider]:
    async with FakeProvider() as provider:
        yield provider
        await close_client()


@pytest.fixture(params=WIRES)
def wire(request: pytest.FixtureRequest) -> str:
    """Run once for each way to reach a model over the network."""
    return str(request.param)


@pytest.fixture
async def provider(fake: FakeProvider, wire: str) -> Provider:
    return make_provider(config_for(wire, fake))
