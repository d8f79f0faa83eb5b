from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from providers import catalogue, fetching
from providers.gateway import Gateway
from providers.timeouts import Limits
from tests.providers.asking import config_for

if TYPE_CHECKING:
    from tests.fake_provider import FakeProvider


@pytest.fixture
def gateway(fake: FakeProvider) -> Gateway:
    return Gateway([config_for("local", fake), config_for("anthropic", fake)])


async def test_list_that_does_not_come_in_time_says_so(fake: FakeProvider) -> None:
    gateway = Gateway([config_for("local", fake), config_for("anthropic", fake)], Limits(listing=0.3))
    fake.set_models(headers_delay=60)

    await gateway.refresh()

    assert [one.reason for one in gateway.list_providers()] == [
        "Local has not sent its list of models in time.",
        "Anthropic has not sent its list of models in time.",
    ]
    assert gateway.list_models() == []


async def test_one_provider_that_fails_leaves_the_others(gateway: Gateway, fake: FakeProvider) -> None:
    fake.anthropic_models = []
    fake.openai_models = [{"no": "id"}]

    await gateway.refresh()

    local, anthropic = gateway.list_providers()
    assert local.models == ()
    assert anthropic.models == ()
    assert (local.reason, anthropic.reason) == ("", "")


async def test_failure_keeps_the_list_that_was_known(gateway: Gateway, fake: FakeProvider) -> None:
    await gateway.refresh()
    known = gateway.list_models()

    fake.set_models(status=503)
    await gateway.refresh()

    assert gateway.list_models() == known
    assert all(one.reason for one in gateway.list_providers())


async def test_new_models_appear_and_old_ones_go(gateway: Gateway, fake: FakeProvider) -> None:
    await gateway.refresh()
    fake.openai_models = [{"id": "brand-new:latest"}]

    await gateway.refresh()

    assert gateway.find_model("local/brand-new:latest").id == "local/brand-new:latest"
    assert gateway.find_model("local/brand-new").id == "local/brand-new:latest"
    with pytest.raises(catalogue.UnknownModel):
        gateway.find_model("local/fake-echo")


async def test_retired_models_are_not_offered(gateway: Gateway, fake: FakeProvider) -> None:
    fake.anthropic_models = [
        {"id": "claude-old", "display_name": "Claude Old", "lifecycle": "retired"},
        {"id": "claude-new", "display_name": "Claude New", "lifecycle": "active"},
    ]

    await gateway.refresh()

    assert [one.name for one in gateway.list_models() if one.provider_id == "anthropic"] == ["claude-new"]


async def test_fresh_list_is_not_fetched_again(gateway: Gateway, fake: FakeProvider) -> None:
    await gateway.refresh()
    asked = len(fake.requests)

    gateway.ensure_fresh()
    await settle(gateway)

    assert len(fake.requests) == asked


@pytest.mark.parametrize(("status", "constant"), [(200, "FRESH_SECONDS"), (500, "RETRY_SECONDS")])
async def test_old_list_is_fetched_again_once(
    gateway: Gateway, fake: FakeProvider, monkeypatch: pytest.MonkeyPatch, status: int, constant: str
) -> None:
    fake.set_models(status=status)
    monkeypatch.setattr(fetching, constant, 0.0)
    await gateway.refresh()
    monkeypatch.undo()
    asked = len(fake.requests)

    for _ in range(5):
        gateway.ensure_fresh()
    await settle(gateway)

    assert len(fake.requests) == asked + 2


def test_ensure_fresh_before_the_start_does_nothing() -> None:
    gateway = Gateway([])
    gateway.ensure_fresh()
    assert [one.id for one in gateway.list_models()] == []


async def settle(gateway: Gateway) -> None:
    """Let what was scheduled in the loop begin, and wait for it."""
    await asyncio.sleep(0)
    if gateway._refreshing is not None:
        await gateway._refreshing
