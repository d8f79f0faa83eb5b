"""How the catalogue's parameters reach the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from chatproject.database import in_database
from providers.gateway import Gateway
from providers.models import LanguageModel
from providers.port import ChatMessage, ChatRequest
from tests.providers.asking import config_for, hear

if TYPE_CHECKING:
    from tests.fake_provider import FakeProvider

pytestmark = pytest.mark.django_db(transaction=True)

QUESTION = (ChatMessage("user", "Hello?"),)


async def sent(gateway: Gateway, fake: FakeProvider, model: str, **wanted: Any) -> dict[str, Any]:
    """Ask, and return what the provider got."""
    await hear(gateway.stream(model, ChatRequest("", QUESTION, **wanted)))
    return fake.calls[-1].body


async def test_defaults_of_the_chat_are_sent(fake: FakeProvider) -> None:
    gateway = Gateway([config_for("openai", fake)])
    await gateway.start()
    body = await sent(gateway, fake, "openai/fake-echo")
    assert body["temperature"] == 0.7
    assert 2000 in (body.get("max_tokens"), body.get("max_completion_tokens"))


async def test_model_that_takes_no_temperature_gets_none_from_anybody(fake: FakeProvider) -> None:
    gateway = Gateway([config_for("anthropic", fake)])
    await gateway.start()
    assert "temperature" not in await sent(gateway, fake, "anthropic/claude-sonnet-5-5")
    assert "temperature" not in await sent(gateway, fake, "anthropic/claude-sonnet-5-5", temperature=0.5)
    assert (await sent(gateway, fake, "anthropic/fake-echo", temperature=1.5))["temperature"] == 1.0


async def test_what_an_operator_set_is_sent_at_the_latest_when_it_is_read_again(fake: FakeProvider) -> None:
    gateway = Gateway([config_for("openai", fake)])
    await gateway.start()
    rows = LanguageModel.objects.filter(name="fake-echo")
    changed: dict[str, Any] = {"temperature": 0.0, "output_tokens": 99, "parameters": {"top_p": 0.5}}
    await in_database(lambda: rows.update(**changed))
    await gateway.reload()
    body = await sent(gateway, fake, "openai/fake-echo")
    assert (body["temperature"], body["top_p"]) == (0.0, 0.5)
    assert 99 in (body.get("max_tokens"), body.get("max_completion_tokens"))


async def test_model_that_is_switched_off_is_unknown_at_once(fake: FakeProvider) -> None:
    gateway = Gateway([config_for("openai", fake)])
    await gateway.start()
    await in_database(lambda: LanguageModel.objects.filter(name="fake-echo").update(enabled=False))
    await gateway.reload()
    assert "openai/fake-echo" not in {entry.id for entry in gateway.list_models()}
