"""Keys stay where they belong: not from the environment, not to another host, not into text."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from providers.gateway import Gateway
from providers.port import ProviderError, ProviderUnavailable
from providers.registry import make_provider
from tests.fake_provider import Behaviour, FakeProvider
from tests.providers.asking import KEY, WIRES, ask, config_for, hear, question

if TYPE_CHECKING:
    from pathlib import Path

    from providers.port import Provider

CANARY = "canary-of-the-environment"


@pytest.fixture
def hostile_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    certificates = tmp_path / "certificates.pem"
    certificates.write_text("no certificates")
    values = {
        "OPENAI_API_KEY": CANARY,
        "OPENAI_ADMIN_KEY": CANARY,
        "OPENAI_ORG_ID": CANARY,
        "OPENAI_PROJECT_ID": CANARY,
        "OPENAI_WEBHOOK_SECRET": CANARY,
        "OPENAI_BASE_URL": "http://127.0.0.1:9/v1",
        "OPENAI_CUSTOM_HEADERS": f"X-Canary: {CANARY}\nAuthorization: Bearer {CANARY}",
        "ANTHROPIC_API_KEY": CANARY,
        "ANTHROPIC_AUTH_TOKEN": CANARY,
        "ANTHROPIC_BASE_URL": "http://127.0.0.1:9",
        "ANTHROPIC_PROFILE": CANARY,
        "ANTHROPIC_CUSTOM_HEADERS": f"X-Canary: {CANARY}\nX-Api-Key: {CANARY}\nAuthorization: Bearer {CANARY}",
        "ANTHROPIC_WEBHOOK_SIGNING_KEY": CANARY,
        "HTTP_PROXY": "http://127.0.0.1:9",
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "ALL_PROXY": "http://127.0.0.1:9",
        "http_proxy": "http://127.0.0.1:9",
        "SSL_CERT_FILE": str(certificates),
        "NETRC": str(tmp_path / "netrc"),
    }
    (tmp_path / "netrc").write_text(f"default login {CANARY} password {CANARY}")
    for name, value in values.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("hostile_environment")
@pytest.mark.parametrize("wire", WIRES)
async def test_environment_has_no_say(fake: FakeProvider, wire: str) -> None:
    provider = make_provider(config_for(wire, fake))

    await ask(provider)
    await provider.list_models()

    assert len(fake.requests) == 2
    for request in fake.requests:
        assert request.key == ("none" if wire == "local" else KEY)
        assert CANARY not in str(request.headers)
        assert CANARY not in str(request.body)


@pytest.mark.parametrize("behaviour", ["answer", "list"])
async def test_redirects_are_not_followed(provider: Provider, fake: FakeProvider, behaviour: str) -> None:
    async with FakeProvider() as trap:
        target = f"{trap.root_url}/v1/messages"
        if behaviour == "answer":
            fake.script(redirect=target)
        else:
            fake.set_models(redirect=target)

        with pytest.raises(ProviderUnavailable, match="operator"):
            await (ask(provider) if behaviour == "answer" else provider.list_models())

        assert trap.requests == []


@pytest.mark.django_db(transaction=True)
async def test_key_is_never_shown(fake: FakeProvider, wire: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    config = config_for(wire, fake)
    gateway = Gateway([config])
    await gateway.refresh()

    await hear(gateway.stream(f"{wire}/fake-echo", question("My diary")))

    assert KEY not in repr(config)
    assert KEY not in repr(vars(gateway))
    assert KEY not in caplog.text
    assert "My diary" not in caplog.text


@pytest.mark.parametrize("place", ["answer", "stream"])
async def test_log_keeps_only_names_of_a_vendors_fault(
    provider: Provider, fake: FakeProvider, caplog: pytest.LogCaptureFixture, place: str
) -> None:
    said = f"{KEY}\nERROR all is lost"
    incident = Behaviour(status=400) if place == "answer" else Behaviour(error_at=1)
    fake.script(replace(incident, error_type=said, error_code=said, message=said))

    with pytest.raises(ProviderError):
        await ask(provider)

    assert len(caplog.messages) == 1
    assert KEY not in caplog.text
    assert "all is lost" not in caplog.text
