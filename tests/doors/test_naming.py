"""Models by their bare names, also in the first moments of a process, when no list of them has come yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from doors import naming
from doors.naming import catch_up, find_model
from providers.gateway import UnknownModel, get_gateway
from tests.fake_provider import FakeProvider
from tests.providers.asking import config_for

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from pytest_django.fixtures import Settings

    from providers.gateway import Gateway

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
async def fake(settings: Settings) -> AsyncIterator[FakeProvider]:
    """Give a provider that this process knows, and of which it knows nothing yet."""
    async with FakeProvider() as provider:
        settings.PROVIDERS = (config_for("openai", provider),)
        get_gateway.cache_clear()
        yield provider
        await get_gateway().close()
        get_gateway.cache_clear()


@pytest.fixture
def gateway(fake: FakeProvider) -> Gateway:
    return get_gateway()


async def test_bare_name_waits_for_the_first_list(gateway: Gateway) -> None:
    await catch_up("gpt-5.5")
    assert find_model("gpt-5.5").id == "openai/gpt-5.5"


async def test_who_wants_all_models_waits_for_the_first_list(gateway: Gateway) -> None:
    await catch_up()
    assert "openai/gpt-5.5" in [entry.id for entry in gateway.list_models()]


async def test_list_that_fails_is_not_waited_for(
    gateway: Gateway, fake: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(naming, "LISTS_SECONDS", float("inf"))
    fake.set_models(status=500)
    await catch_up("gpt-5.5")
    with pytest.raises(UnknownModel):
        find_model("gpt-5.5")


async def test_whole_name_waits_for_no_list(
    gateway: Gateway, fake: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(naming, "LISTS_SECONDS", float("inf"))
    fake.set_models(headers_delay=600)
    await catch_up("openai/gpt-5.5")
    assert find_model("openai/gpt-5.5").id == "openai/gpt-5.5"


async def test_list_that_does_not_come_is_not_waited_for_long(
    gateway: Gateway, fake: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(naming, "LISTS_SECONDS", 0.1)
    fake.set_models(headers_delay=600)
    await catch_up("gpt-5.5")
    with pytest.raises(UnknownModel):
        find_model("gpt-5.5")
