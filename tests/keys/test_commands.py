"""The commands for keys, as operators run them: in processes of their own."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from providers.keys.roster import ensure_environment
from providers.keys.services import add_key, drain_keys, find_provider
from providers.models import ApiKey, Health, KeyState, Provider
from providers.port import ProviderConfig
from tests.keys.asked import load_configs
from tests.support.homes import ROOT

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

    from tests.fake_provider import FakeProviderProcess

SECRET = "sk-entered-0000abcd"
OTHER = "sk-another-0000wxyz"

pytestmark = pytest.mark.django_db


@pytest.fixture
def fake(provider_process: FakeProviderProcess, settings: Settings) -> FakeProviderProcess:
    """Give a provider in another process, named by the environment, without a key."""
    provider_process.reset()
    settings.PROVIDERS = (ProviderConfig("openai", "openai", "OpenAI", provider_process.base_url),)
    return provider_process


def run(
    *arguments: str, secret: str | None = None, monkeypatch: pytest.MonkeyPatch | None = None, **options: Any
) -> str:
    out = io.StringIO()
    if monkeypatch is not None:
        monkeypatch.setattr(sys, "stdin", io.StringIO(f"{secret}\n"))
    call_command(*arguments, stdout=out, stderr=out, **options)
    return out.getvalue()


def test_add_key_reads_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    said = run("add_key", "openai", "--label", "main", secret=SECRET, monkeypatch=monkeypatch)
    key = ApiKey.objects.get()
    assert f"number {key.pk}, …abcd" in said
    assert SECRET not in said
    assert key.label == "main"


def test_add_key_asks_at_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr("providers.keys.terminal.getpass", lambda _prompt: SECRET)
    assert "…abcd" in run("add_key", "anthropic")


def test_add_key_takes_no_secret_as_an_argument() -> None:
    with pytest.raises(CommandError, match="unrecognized arguments"):
        run("add_key", "openai", SECRET)


def test_add_key_with_an_address_makes_a_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    run("add_key", "lab", "--address", "https://lab.example/v1/", secret=SECRET, monkeypatch=monkeypatch)
    assert Provider.objects.get().base_url == "https://lab.example/v1"


@pytest.mark.parametrize(
    ("arguments", "secret", "words"),
    [
        (["nobody"], SECRET, "There is no provider 'nobody'"),
        (["openai"], "", "empty"),
        (["openai"], "sk-a b", "space or a line break"),
        (["lab", "--address", "lab.example"], SECRET, "not a web address"),
        (["lab", "--address", "https://lab.example", "--kind", "gopher"], SECRET, "The kind"),
        (["lab", "--address", "https://lab.example"], "a b", "space"),
    ],
)
def test_add_key_refuses_nonsense_and_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], secret: str, words: str
) -> None:
    with pytest.raises(CommandError, match=words):
        run("add_key", *arguments, secret=secret, monkeypatch=monkeypatch)
    assert not ApiKey.objects.exists()
    assert not Provider.objects.filter(slug="lab").exists()


def test_list_keys_shows_ends_only(openai: Provider, settings: Settings) -> None:
    settings.PROVIDERS = (ProviderConfig("openai", "openai", "OpenAI", openai.base_url, (OTHER,)),)
    assert "There is no key" not in run("list_keys")
    key = add_key(openai, SECRET, label="main")
    said = run("list_keys")
    assert all(part in said for part in ("…abcd", "main", "stored", "…wxyz", "environment", "untried"))
    assert not any(secret in said for secret in (SECRET, OTHER))
    run("retire_key", str(key.pk))
    assert "…abcd" not in run("list_keys")
    assert "…abcd" in run("list_keys", "--all")


def test_retire_key_wipes_the_secret(openai: Provider) -> None:
    key = add_key(openai, SECRET)
    assert "…abcd of OpenAI is retired" in run("retire_key", str(key.pk))
    key.refresh_from_db()
    assert (key.state, key.ciphertext) == (KeyState.RETIRED, "")
    with pytest.raises(CommandError, match="no key with the number"):
        run("retire_key", "4711")


def test_check_keys_says_what_each_key_can_do(fake: FakeProviderProcess) -> None:
    provider = find_provider("openai")
    good, refused = add_key(provider, SECRET), add_key(provider, OTHER)
    fake.set_key(OTHER, status=401)
    out = io.StringIO()
    with pytest.raises(CommandError, match="1 of 2 keys cannot be used"):
        call_command("check_keys", "--strict", stdout=out)
    said = out.getvalue()
    good.refresh_from_db()
    refused.refresh_from_db()
    assert (good.health, refused.health) == (Health.GOOD, Health.REFUSED)
    assert "It lists" in said
    assert "refused the key" in said
    assert not any(secret in said for secret in (SECRET, OTHER))


def test_check_keys_takes_a_closed_list_for_no_proof(fake: FakeProviderProcess) -> None:
    key = add_key(find_provider("openai"), SECRET)
    fake.set_key(SECRET, status=403)
    assert "whether it may answer is not known" in run("check_keys")
    key.refresh_from_db()
    assert key.health == Health.UNTRIED


def test_check_keys_leaves_a_refusal_until_told_otherwise(fake: FakeProviderProcess) -> None:
    key = add_key(find_provider("openai"), SECRET)
    ApiKey.objects.update(health=Health.REFUSED, health_note="No credit.")
    assert "With --again it is tried again." in run("check_keys")
    key.refresh_from_db()
    assert key.health == Health.REFUSED
    run("check_keys", "--again")
    key.refresh_from_db()
    assert key.health == Health.UNTRIED


def test_check_keys_leaves_a_rest_to_the_next_question(fake: FakeProviderProcess) -> None:
    key = add_key(find_provider("openai"), SECRET)
    ApiKey.objects.update(health=Health.COOLING, resting_until=timezone.now())
    assert "the next question tries it" in run("check_keys")
    key.refresh_from_db()
    assert key.health == Health.COOLING


def test_check_keys_names_a_key_that_cannot_be_read(fake: FakeProviderProcess) -> None:
    key = add_key(find_provider("openai"), SECRET)
    ApiKey.objects.filter(pk=key.pk).update(ciphertext="nonsense")
    said = run("check_keys")
    assert "cannot be read from here" in said
    assert "1 of 1 keys cannot be used." in said
    assert fake.requests() == []


def test_rotate_keys_seals_everything_anew(openai: Provider, settings: Settings, field_keys: list[str]) -> None:
    for number in range(7):
        add_key(openai, f"{SECRET}{number}")
    settings.FIELD_ENCRYPTION_KEYS = field_keys
    before = set(ApiKey.objects.values_list("ciphertext", flat=True))
    with pytest.raises(CommandError, match="7 keys were not sealed"):
        run("rotate_keys", "--check")
    assert set(ApiKey.objects.values_list("ciphertext", flat=True)) == before
    assert "older ones can be removed" in run("rotate_keys", "--batch", "3")
    assert not before & set(ApiKey.objects.values_list("ciphertext", flat=True))
    settings.FIELD_ENCRYPTION_KEYS = field_keys[:1]
    assert "older ones can be removed" in run("rotate_keys", "--check")


def test_rotate_keys_names_what_it_cannot_open(openai: Provider, settings: Settings, field_keys: list[str]) -> None:
    lost = add_key(openai, SECRET)
    settings.FIELD_ENCRYPTION_KEYS = field_keys[:1]
    with pytest.raises(CommandError, match=f"No field key opens these: {lost.pk}"):
        run("rotate_keys")


def test_refused_new_key_changes_nothing(fake: FakeProviderProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    old = add_key(find_provider("openai"), SECRET)
    fake.set_key(OTHER, status=401)
    with pytest.raises(CommandError, match="Nothing was changed"):
        run("rotate_provider_key", "openai", secret=OTHER, monkeypatch=monkeypatch)
    old.refresh_from_db()
    assert old.state == KeyState.ACTIVE
    assert ApiKey.objects.count() == 1


def test_new_key_replaces_the_old_ones(fake: FakeProviderProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("providers.keys.services.QUIET", timedelta(0))
    old, kept = (add_key(find_provider("openai"), secret) for secret in (SECRET, "sk-kept-0000000000"))
    said = run(
        *("rotate_provider_key", "openai", "--label", "2027", "--replaces", str(old.pk)),
        secret=OTHER,
        monkeypatch=monkeypatch,
    )
    assert "Done." in said
    found = {key.last4: (key.state, key.label, bool(key.ciphertext)) for key in ApiKey.objects.all()}
    assert found == {
        "abcd": (KeyState.RETIRED, "", False),
        kept.last4: (KeyState.ACTIVE, "", True),
        "wxyz": (KeyState.ACTIVE, "2027", True),
    }


def test_key_in_use_is_waited_for_and_a_second_run_finishes(
    fake: FakeProviderProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = add_key(find_provider("openai"), SECRET)
    with pytest.raises(CommandError, match="still in use"):
        run("rotate_provider_key", "openai", "--timeout", "0", secret=OTHER, monkeypatch=monkeypatch)
    old.refresh_from_db()
    assert (old.state, bool(old.ciphertext)) == (KeyState.DRAINING, True)
    assert drain_keys(ApiKey.objects.filter(pk=old.pk)) == 0
    ApiKey.objects.filter(pk=old.pk).update(in_use_at="2026-01-01T00:00:00Z")
    assert "Done." in run("rotate_provider_key", "openai", secret=OTHER, monkeypatch=monkeypatch)
    old.refresh_from_db()
    assert (old.state, old.ciphertext) == (KeyState.RETIRED, "")


def test_key_that_moved_out_of_the_environment_is_stored(
    fake: FakeProviderProcess, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("providers.keys.services.QUIET", timedelta(0))
    old = add_key(find_provider("openai"), SECRET)
    named = ProviderConfig("openai", "openai", "OpenAI", fake.base_url, (OTHER,))
    ensure_environment([named])  # a server that runs still has it, the command's own environment has not

    said = run("rotate_provider_key", "openai", secret=OTHER, monkeypatch=monkeypatch)

    assert "Done." in said
    old.refresh_from_db()
    assert old.state == KeyState.RETIRED
    assert [config.api_keys for config in load_configs()] == [(OTHER,)]


def test_key_that_no_field_key_opens_is_sealed_anew(fake: FakeProviderProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    key = add_key(find_provider("openai"), SECRET)
    ApiKey.objects.update(ciphertext="nonsense")

    run("rotate_provider_key", "openai", secret=SECRET, monkeypatch=monkeypatch)

    assert [config.api_keys for config in load_configs()] == [(SECRET,)]
    assert ApiKey.objects.get() == key


def test_wrong_number_is_said_before_anything_happens(
    fake: FakeProviderProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_key(find_provider("openai"), SECRET)
    elsewhere = add_key(find_provider("anthropic"), SECRET)
    with pytest.raises(CommandError, match=f"no key with the number {elsewhere.pk}, 9999"):
        run(
            *("rotate_provider_key", "openai", "--replaces", "9999", "--replaces", str(elsewhere.pk)),
            secret=OTHER,
            monkeypatch=monkeypatch,
        )
    assert fake.requests() == []
    assert set(ApiKey.objects.values_list("last4", "state")) == {("abcd", KeyState.ACTIVE)}


@pytest.mark.parametrize("before", [None, Health.REFUSED])
def test_unverified_key_is_left_to_one_question(
    fake: FakeProviderProcess, monkeypatch: pytest.MonkeyPatch, before: Health | None
) -> None:
    if before is not None:
        add_key(find_provider("openai"), OTHER)
        ApiKey.objects.update(health=before)
    fake.set_key(OTHER, status=503)
    with pytest.raises(CommandError, match="With --unverified"):
        run("rotate_provider_key", "openai", secret=OTHER, monkeypatch=monkeypatch)

    run("rotate_provider_key", "openai", "--unverified", secret=OTHER, monkeypatch=monkeypatch)

    assert ApiKey.objects.get().health == Health.UNTRIED


def test_key_with_a_blank_in_the_environment_refuses_to_start() -> None:
    environment = {**os.environ, "OPENAI_API_KEY": "sk-one two", "DJANGO_SETTINGS_MODULE": "chatproject.settings"}
    command = [sys.executable, "manage.py", "list_keys"]
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode != 0
    assert result.stderr.startswith("Not started: OPENAI_API_KEY")
    assert result.stderr.count("\n") == 1
    assert "sk-one" not in result.stderr
