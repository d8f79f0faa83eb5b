from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import transaction

from chatproject.errors import BadRequest, NotFound
from providers.keys.addresses import normal_address
from providers.keys.roster import ensure_environment
from providers.keys.sealing import unseal
from providers.keys.services import (
    add_key,
    add_provider,
    change_address,
    find_provider,
    outdated_keys,
    reseal_keys,
    resume_keys,
    retire_keys,
)
from providers.models import ApiKey, KeySource, KeyState, Provider, ProviderSource
from providers.port import ProviderConfig
from tests.keys.asked import load_configs
from tests.providers.rows import make_provider

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

SECRET = "sk-0123456789abcd"
ELSEWHERE = "https://elsewhere.example/v1"

pytestmark = pytest.mark.django_db


def secrets_of(*own: ProviderConfig) -> dict[str, tuple[str, ...]]:
    return {config.provider_id: config.api_keys for config in load_configs(*own)}


def test_well_known_provider_is_made_with_its_usual_address() -> None:
    assert find_provider("anthropic").base_url == "https://api.anthropic.com"
    assert find_provider("openai").base_url == "https://api.openai.com/v1"


def test_address_of_the_environment_counts(settings: Settings) -> None:
    settings.PROVIDERS = (ProviderConfig("openai", "openai", "OpenAI", ELSEWHERE),)
    assert find_provider("openai").base_url == ELSEWHERE


def test_unknown_provider_is_refused_with_the_known_ones() -> None:
    with pytest.raises(NotFound, match="There are: anthropic, openai"):
        find_provider("opneai")
    assert not Provider.objects.exists()


def test_added_key_is_sealed_and_shows_its_end_only(openai: Provider) -> None:
    key = add_key(openai, SECRET, label="first")
    assert (str(key), key.label, key.bound_to) == ("…abcd", "first", openai.base_url)
    assert SECRET not in str(vars(key))
    assert unseal(key.ciphertext, row=key.pk, address=openai.base_url) == SECRET
    assert secrets_of() == {"openai": (SECRET,)}


def test_short_key_shows_nothing(openai: Provider) -> None:
    assert str(add_key(openai, "short")) == "…"


@pytest.mark.parametrize(
    ("secret", "words"),
    [
        ("", "empty"),
        ("sk-one two", "space or a line break"),
        ("sk-one\n", "space or a line break"),
        (" sk-one", "space or a line break"),
        ("sk-\x00", "space or a line break"),
        ("sk-one\u200b", "space or a line break"),
        ("Bearer sk-one", "space or a line break"),
        ('"sk-one"', "characters around it"),
        ("sk-one,", "characters around it"),
        ("sk-schlüssel", "characters around it"),
        ("s" * 501, "at most 500"),
    ],
)
def test_what_is_no_key_is_refused_and_not_repeated(openai: Provider, secret: str, words: str) -> None:
    with pytest.raises(BadRequest, match=words) as caught:
        add_key(openai, secret)
    assert not secret or secret not in caught.value.message
    assert not ApiKey.objects.exists()


def test_duplicate_is_refused(openai: Provider) -> None:
    key = add_key(openai, SECRET)
    with pytest.raises(BadRequest, match=f"here already, as number {key.pk}"), transaction.atomic():
        add_key(openai, SECRET, label="again")
    assert ApiKey.objects.get().label == ""


def test_key_of_the_environment_is_a_duplicate_while_it_is_there(openai: Provider, settings: Settings) -> None:
    settings.PROVIDERS = (ProviderConfig("openai", "openai", "OpenAI", openai.base_url, (SECRET,)),)
    ensure_environment(settings.PROVIDERS)
    with pytest.raises(BadRequest, match="from the environment"):
        add_key(openai, SECRET)
    settings.PROVIDERS = ()
    assert add_key(openai, SECRET).source == KeySource.STORED


def test_retired_key_loses_its_secret_and_can_come_back(openai: Provider) -> None:
    key = add_key(openai, SECRET)
    retire_keys(ApiKey.objects.all())
    key.refresh_from_db()
    assert (key.state, key.ciphertext) == (KeyState.RETIRED, "")
    assert secrets_of() == {}
    assert add_key(openai, SECRET).pk == key.pk
    assert secrets_of() == {"openai": (SECRET,)}


def test_swapped_ciphertexts_release_nothing(openai: Provider) -> None:
    one, two = add_key(openai, SECRET), add_key(openai, SECRET + "2")
    ApiKey.objects.filter(pk=one.pk).update(ciphertext=two.ciphertext)
    ApiKey.objects.filter(pk=two.pk).update(ciphertext=one.ciphertext)
    assert secrets_of() == {}


def test_stored_key_never_travels_to_a_new_address(openai: Provider) -> None:
    add_key(openai, SECRET)
    with pytest.raises(BadRequest, match="never sent to another address"):
        change_address(openai, ELSEWHERE)
    openai.refresh_from_db()
    assert openai.base_url == "https://api.openai.com/v1"
    # Even if somebody writes it into the table.
    Provider.objects.update(base_url=ELSEWHERE)
    assert secrets_of() == {}
    # Or into both.
    ApiKey.objects.update(bound_to=ELSEWHERE)
    assert secrets_of() == {}


def test_address_changes_with_a_key(openai: Provider) -> None:
    old = add_key(openai, "sk-of-the-old-address")
    change_address(openai, ELSEWHERE + "/", secret=SECRET)
    old.refresh_from_db()
    assert (old.state, old.ciphertext) == (KeyState.RETIRED, "")
    (config,) = load_configs()
    assert (config.base_url, config.api_keys) == (ELSEWHERE, (SECRET,))


def test_same_key_may_be_entered_for_the_new_address(openai: Provider) -> None:
    key = add_key(openai, SECRET)
    change_address(openai, ELSEWHERE, secret=SECRET)
    assert ApiKey.objects.get() == key
    assert secrets_of() == {"openai": (SECRET,)}


def test_bad_key_leaves_the_address_as_it_was(openai: Provider) -> None:
    add_key(openai, SECRET)
    with pytest.raises(BadRequest):
        change_address(openai, ELSEWHERE, secret="a b")
    openai.refresh_from_db()
    assert openai.base_url == "https://api.openai.com/v1"
    assert secrets_of() == {"openai": (SECRET,)}


def test_address_of_the_environment_is_changed_there(openai: Provider) -> None:
    ensure_environment([ProviderConfig("openai", "openai", "OpenAI", openai.base_url, (SECRET,))])
    openai.refresh_from_db()
    with pytest.raises(BadRequest, match="The environment gives this address"):
        change_address(openai, ELSEWHERE, secret="sk-other")


def test_own_server_moves_without_a_key(db: None) -> None:
    local = make_provider("lab", base_url="http://10.0.0.5:8000/v1", needs_key=False)
    change_address(local, "http://10.0.0.6:8000/v1")
    assert [config.base_url for config in load_configs()] == ["http://10.0.0.6:8000/v1"]


@pytest.mark.parametrize(
    "address",
    [
        *("", "api.example.org", "ftp://a.example", "https://", "https://u:p@a.example", "https://a.example/?key=x"),
        *("https://a.example:port", "https://a b.example", "https://a.example/#x", "https://a.example/" + "x" * 300),
    ],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(BadRequest):
        add_provider("lab", kind="openai", address=address)


def test_addresses_have_one_spelling() -> None:
    assert normal_address(" HTTPS://Api.Example.org:443/v1/ ") == "https://api.example.org/v1"
    assert normal_address("http://[::1]:8080") == "http://[::1]:8080"


@pytest.mark.parametrize(
    ("slug", "kind"),
    [("Open AI", "openai"), ("", "openai"), ("x" * 41, "openai"), ("demo", "openai"), ("x", "demo")],
)
def test_nonsense_makes_no_provider(slug: str, kind: str) -> None:
    with pytest.raises(BadRequest):
        add_provider(slug, kind=kind, address=ELSEWHERE)
    assert not Provider.objects.exists()


def test_environments_key_is_never_stored(openai: Provider) -> None:
    own = ProviderConfig("openai", "openai", "OpenAI", openai.base_url, (SECRET,))
    ensure_environment([own])
    key = ApiKey.objects.get()
    assert (key.source, key.ciphertext, key.last4) == (KeySource.ENVIRONMENT, "", "abcd")
    assert Provider.objects.get().source == ProviderSource.ENVIRONMENT
    assert secrets_of(own) == {"openai": (SECRET,)}
    assert secrets_of() == {}


def test_environments_key_can_be_retired_and_resumed(openai: Provider) -> None:
    own = ProviderConfig("openai", "openai", "OpenAI", openai.base_url, (SECRET,))
    ensure_environment([own])
    retire_keys(ApiKey.objects.all())
    ensure_environment([own])
    assert secrets_of(own) == {}
    resume_keys(ApiKey.objects.all())
    assert secrets_of(own) == {"openai": (SECRET,)}


def test_resealing_leaves_no_old_ciphertext(openai: Provider, settings: Settings, field_keys: list[str]) -> None:
    keys = [add_key(openai, f"{SECRET}{number}") for number in range(5)]
    settings.FIELD_ENCRYPTION_KEYS = field_keys
    assert outdated_keys() == [key.pk for key in keys]
    assert reseal_keys(outdated_keys()[:3]) == []
    assert outdated_keys() == [key.pk for key in keys[3:]]
    reseal_keys(outdated_keys())
    settings.FIELD_ENCRYPTION_KEYS = field_keys[:1]
    assert outdated_keys() == []
    assert len(secrets_of()["openai"]) == 5


def test_key_that_no_field_key_opens_is_named(openai: Provider, settings: Settings, field_keys: list[str]) -> None:
    key = add_key(openai, SECRET)
    settings.FIELD_ENCRYPTION_KEYS = field_keys[:1]
    assert reseal_keys(outdated_keys()) == [key.pk]
    assert secrets_of() == {}
    # Entered again, it works.
    assert add_key(openai, SECRET).pk == key.pk
    assert secrets_of() == {"openai": (SECRET,)}


def test_server_that_takes_a_key_of_the_environment_is_not_taken_for_a_free_one(db: None) -> None:
    ensure_environment([ProviderConfig("local", "openai", "Local", "https://router.example/v1", (SECRET,))])
    assert Provider.objects.get().needs_key
    ensure_environment([ProviderConfig("local", "openai", "Local", "https://router.example/v1")])
    assert not Provider.objects.get().needs_key
