from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from chatproject.database import in_database
from chatproject.errors import BadRequest
from providers.gateway import Gateway, ProviderNotConfigured, UnknownModel, get_gateway
from providers.models import Provider
from providers.port import BadCredentials, ProviderError, ProviderUnavailable, RateLimited, TextDelta
from providers.timeouts import Limits
from tests.fake_provider import Behaviour, FakeProvider, answer_to
from tests.providers.asking import WIRES, Heard, config_for, hear, question

pytestmark = pytest.mark.django_db(transaction=True)

KEYS = ("sk-first", "sk-second", "sk-third")


@pytest.fixture
def gateway(fake: FakeProvider) -> Gateway:
    return Gateway([config_for(wire, fake) for wire in WIRES])


async def test_models_are_known_after_the_start(gateway: Gateway, fake: FakeProvider) -> None:
    assert gateway.list_models() == []
    assert gateway.default_model() is None
    assert {(one.models, one.reason) for one in gateway.list_providers()} == {(None, "")}

    await gateway.start()

    ids = [entry.id for entry in gateway.list_models()]
    assert ids[0] == "openai/fake-echo"
    assert "anthropic/claude-sonnet-5-5" in ids
    assert "local/fake-long" in ids
    assert [one.id for one in gateway.list_providers()] == list(WIRES)
    default = gateway.default_model()
    assert default is not None
    assert default.id == "openai/fake-echo"


async def test_entry_says_what_people_and_the_history_need(gateway: Gateway) -> None:
    await gateway.start()

    entry = gateway.find_model("anthropic/claude-sonnet-5-5")

    assert (entry.provider_id, entry.provider_label) == ("anthropic", "Anthropic")
    assert (entry.name, entry.label) == ("claude-sonnet-5-5", "Claude Sonnet 5.5")
    assert entry.context_window == 300_000
    assert gateway.find_model("local/fake-echo").context_window == 8_192
    assert gateway.find_model("openai/fake-echo").context_window == 128_000


async def test_answer_is_streamed(gateway: Gateway, fake: FakeProvider) -> None:
    for wire in WIRES:
        heard = await hear(gateway.stream(f"{wire}/fake-echo", question("Who?")))
        assert heard.text == answer_to("Who?")
    assert {call.model for call in fake.calls} == {"fake-echo"}


@pytest.mark.parametrize(
    "model", ["openai/no-such-model", "elsewhere/model", "openai", "openai/", "", "/", "demo/demo"]
)
async def test_unknown_model_is_a_bad_request(gateway: Gateway, model: str) -> None:
    await gateway.start()

    with pytest.raises(UnknownModel, match="is not available") as caught:
        await hear(gateway.stream(model, question()))
    assert isinstance(caught.value, BadRequest)
    assert caught.value.code == "unknown_model"


async def test_provider_without_key_says_ask_your_operator(fake: FakeProvider) -> None:
    gateway = Gateway([config_for("openai", fake)])

    with pytest.raises(ProviderNotConfigured, match="ask your operator") as caught:
        gateway.find_model("anthropic/claude-sonnet-5-5")
    assert caught.value.code == "provider_not_configured"


async def test_any_name_is_accepted_while_the_list_is_unknown(gateway: Gateway, fake: FakeProvider) -> None:
    fake.set_models(status=500)
    await gateway.start()

    entry = gateway.find_model("local/library/some:model")

    assert entry.name == "library/some:model"
    assert all("has a problem" in one.reason for one in gateway.list_providers())
    heard = await hear(gateway.stream("local/library/some:model", question()))
    assert heard.finishes == ["stop"]
    assert fake.calls[0].model == "library/some:model"


@pytest.mark.parametrize("status", [401, 429])
async def test_key_that_is_refused_gives_way_to_the_next(fake: FakeProvider, status: int) -> None:
    fake.keys["sk-first"] = Behaviour(status=status)
    gateway = Gateway([config_for("openai", fake, KEYS)])

    heard = await hear(gateway.stream("openai/fake-echo", question()))

    assert heard.finishes == ["stop"]
    assert [call.key for call in fake.calls] == ["sk-first", "sk-second"]


async def test_keys_take_turns(fake: FakeProvider) -> None:
    gateway = Gateway([config_for("openai", fake, KEYS)])

    for _ in range(4):
        await hear(gateway.stream("openai/fake-echo", question()))

    assert [call.key for call in fake.calls] == ["sk-first", "sk-second", "sk-third", "sk-first"]


async def test_key_that_only_rests_has_the_last_word(fake: FakeProvider) -> None:
    for key in KEYS:
        fake.keys[key] = Behaviour(status=429, retry_after="60") if key == "sk-first" else Behaviour(status=401)
    gateway = Gateway([config_for("openai", fake, KEYS)])

    with pytest.raises(RateLimited) as caught:
        await hear(gateway.stream("openai/fake-echo", question()))
    assert caught.value.retry_after == pytest.approx(60, abs=2)
    assert len(fake.calls) == 3


@pytest.mark.parametrize("error_type", ["rate_limit_error", "authentication_error"])
async def test_other_keys_are_not_tried_after_the_first_token(fake: FakeProvider, error_type: str) -> None:
    fake.default = Behaviour(chars=100, error_at=50, error_type=error_type)
    gateway = Gateway([config_for("openai", fake, KEYS)])
    heard = Heard()

    with pytest.raises((RateLimited, BadCredentials)):
        await hear(gateway.stream("openai/fake-echo", question()), heard)
    assert len(heard.text) == 50
    assert len(fake.calls) == 1


@pytest.mark.parametrize("status", [400, 404])
async def test_faults_of_the_request_are_not_tried_with_another_key(fake: FakeProvider, status: int) -> None:
    fake.default = Behaviour(status=status)
    gateway = Gateway([config_for("openai", fake, KEYS)])

    with pytest.raises(ProviderError):
        await hear(gateway.stream("openai/fake-echo", question()))
    assert len(fake.calls) == 1


@pytest.mark.parametrize("status", [500, 529])
async def test_outage_is_tried_three_times_with_different_keys(fake: FakeProvider, status: int) -> None:
    fake.default = Behaviour(status=status)
    gateway = Gateway([config_for("openai", fake, KEYS)])

    with pytest.raises(ProviderUnavailable):
        await hear(gateway.stream("openai/fake-echo", question()))
    assert {call.key for call in fake.calls} == set(KEYS)
    assert len(fake.calls) == 3


async def test_list_comes_with_the_first_key_that_is_taken(fake: FakeProvider) -> None:
    gateway = Gateway([config_for("openai", fake, KEYS)])
    fake.keys["sk-first"] = fake.keys["sk-second"] = Behaviour(status=401)

    await gateway.refresh()

    assert gateway.list_models()[0].id == "openai/fake-echo"
    assert [request.key for request in fake.requests] == list(KEYS)


async def test_provider_that_is_removed_while_its_list_comes_keeps_nobody_up(
    gateway: Gateway, fake: FakeProvider
) -> None:
    await gateway.reload()
    fake.set_models(headers_delay=0.5)
    fetching = asyncio.create_task(gateway.refresh())
    await fake.wait_until(lambda: len(fake.requests) == len(WIRES))
    await in_database(lambda: Provider.objects.filter(slug="openai").update(enabled=False))
    await gateway.reload()

    await fetching

    assert [one.id for one in gateway.list_providers()] == ["local", "anthropic"]
    assert all(one.models for one in gateway.list_providers())


async def test_closing_the_gateways_stream_closes_the_connection(gateway: Gateway, fake: FakeProvider) -> None:
    fake.script(endless=True, delay=0.01)
    events = gateway.stream("openai/fake-echo", question())
    while not isinstance(await anext(events), TextDelta):
        pass

    await events.aclose()

    await fake.calls[0].wait_ended()
    assert fake.calls[0].state == "client_closed"


async def test_reading_works_from_other_threads(gateway: Gateway) -> None:
    await gateway.start()
    seen: list[str] = []

    def read() -> None:
        seen.append(gateway.find_model("openai/fake-echo").id)
        seen.extend(entry.id for entry in gateway.list_models())
        gateway.ensure_fresh()

    thread = threading.Thread(target=read)
    thread.start()
    await asyncio.to_thread(thread.join)

    assert seen[0] == "openai/fake-echo"
    assert len(seen) == 1 + len(gateway.list_models())


async def test_close_closes_the_connections(gateway: Gateway, fake: FakeProvider) -> None:
    await gateway.start()
    assert fake.open_connections > 0

    await gateway.close()

    await fake.wait_until(lambda: fake.open_connections == 0)


async def test_close_gives_up_a_list_on_its_way(fake: FakeProvider) -> None:
    gateway = Gateway([config_for("openai", fake)])
    await gateway.reload()
    fake.set_models(headers_delay=60)
    gateway.ensure_fresh()
    await fake.wait_until(lambda: len(fake.requests) == 1)

    await gateway.close()

    await fake.requests[0].wait_ended()
    assert fake.requests[0].state == "client_closed"


def test_process_has_one_gateway_made_from_the_settings(settings: Any, fake: FakeProvider) -> None:
    settings.PROVIDERS = (config_for("local", fake),)
    get_gateway.cache_clear()

    assert get_gateway() is get_gateway()
    assert [one.id for one in get_gateway().list_providers()] == ["local"]
    get_gateway.cache_clear()


def test_gateway_outlives_its_event_loop() -> None:
    """Tests and management commands run several loops after each other in one process."""

    async def once(gateway: Gateway | None) -> Gateway:
        async with FakeProvider() as fake:
            gateway = gateway or Gateway([config_for("openai", fake)])
            gateway._own = (config_for("openai", fake),)
            await gateway.start()
            assert (await hear(gateway.stream("openai/fake-echo", question()))).finishes == ["stop"]
            await gateway.close()
        return gateway

    gateway = asyncio.run(once(None))
    assert asyncio.run(once(gateway)).list_models()


async def test_nothing_configured_means_demonstration() -> None:
    gateway = Gateway([], Limits())
    await gateway.refresh()

    assert [entry.id for entry in gateway.list_models()] == ["demo/demo"]
    events = gateway.stream("demo/demo", question("Who are you?"))
    while not isinstance(event := await anext(events), TextDelta):
        pass
    assert "This" in event.text
    await events.aclose()
    with pytest.raises(ProviderNotConfigured):
        gateway.find_model("openai/gpt-5.5")
