from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING

import pytest

from providers import discovery, gateway
from providers.discovery import USUAL_PORTS, discover_local
from providers.registry import warm
from tests.fake_provider import Behaviour, FakeProvider
from tests.providers.asking import config_for

if TYPE_CHECKING:
    from collections.abc import Iterator


def port_of(fake: FakeProvider) -> int:
    return int(fake.root_url.rpartition(":")[2])


@pytest.fixture
def mute_port() -> Iterator[int]:
    """Give a port where connections are made and nothing is ever said."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


async def closed_port() -> int:
    async with FakeProvider() as gone:
        return port_of(gone)


async def test_servers_are_found_in_order(fake: FakeProvider) -> None:
    async with FakeProvider() as other:
        ports = [await closed_port(), port_of(other), port_of(fake)]

        assert await discover_local(ports=ports) == [other.base_url, fake.base_url]


async def test_own_port_is_never_asked(fake: FakeProvider) -> None:
    assert await discover_local(own_port=port_of(fake), ports=[port_of(fake)]) == []
    assert fake.requests == []
    assert fake.open_connections == 0


async def test_what_is_no_model_server_is_passed_over(fake: FakeProvider) -> None:
    for behaviour in (Behaviour(html=True), Behaviour(status=404), Behaviour(status=401), Behaviour(not_json=True)):
        fake.models_behaviour = behaviour
        assert await discover_local(ports=[port_of(fake)]) == []


async def test_server_without_models_is_passed_over(fake: FakeProvider) -> None:
    fake.openai_models = []
    assert await discover_local(ports=[port_of(fake)]) == []


async def test_silent_servers_are_given_up(fake: FakeProvider, mute_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovery, "LIST_SECONDS", 0.2)
    fake.set_models(headers_delay=60)
    await warm(["openai"])

    began = time.monotonic()
    assert await discover_local(ports=[mute_port, port_of(fake)]) == []
    assert time.monotonic() - began < 2  # far more than it takes, for busy machines


async def test_server_that_is_slow_at_first_is_found(fake: FakeProvider) -> None:
    fake.set_models(headers_delay=0.6)

    assert await discover_local(ports=[port_of(fake)]) == [fake.base_url]


def test_usual_servers_are_known() -> None:
    assert list(USUAL_PORTS) == [11434, 8080, 8000, 1234]


@pytest.mark.django_db(transaction=True)
async def test_gateway_without_providers_takes_what_it_finds(
    fake: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discovery, "USUAL_PORTS", {port_of(fake): "Test"})
    found = gateway.Gateway([])

    await found.start(own_port=1)

    assert found.list_models()[0].id == "local/fake-echo"
    await found.close()


@pytest.mark.django_db(transaction=True)
async def test_gateway_with_providers_does_not_look(fake: FakeProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    async with FakeProvider() as other:
        monkeypatch.setattr(discovery, "USUAL_PORTS", {port_of(other): "Test"})
        configured = gateway.Gateway([config_for("openai", fake)])

        await configured.start()

        assert other.requests == []
        assert {entry.provider_id for entry in configured.list_models()} == {"openai"}
        await configured.close()


@pytest.mark.django_db(transaction=True)
async def test_server_that_is_gone_gives_way_to_the_demonstration(
    fake: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discovery, "USUAL_PORTS", {port_of(fake): "Test"})
    first = gateway.Gateway([])
    await first.start(own_port=1)
    await first.close()

    second = gateway.Gateway([])
    await second.start(own_port=port_of(fake))

    assert [entry.id for entry in second.list_models()] == ["demo/demo"]
    await second.close()
