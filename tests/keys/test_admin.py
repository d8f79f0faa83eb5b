"""The operators' pages for providers and keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import Permission

from accounts.models import User
from providers.keys.roster import ensure_environment, load_configs
from providers.keys.services import add_key
from providers.models import ApiKey, Health, KeyState, Provider
from providers.port import ProviderConfig

if TYPE_CHECKING:
    from django.test import Client
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer

SECRET = "sk-entered-0000abcd"
OTHER = "sk-another-0000wxyz"
KEYS = "/admin/providers/apikey/"
PROVIDERS = "/admin/providers/provider/"
ELSEWHERE = "https://elsewhere.example/v1"


@pytest.fixture
def operator(client: Client, db: None) -> Client:
    client.force_login(User.objects.create_superuser("root@example.org", "a long enough password"))
    return client


def act(client: Client, action: str, *keys: ApiKey) -> Answer:
    return client.post(KEYS, {"action": action, "_selected_action": [key.pk for key in keys]}, follow=True)


def posted(provider: Provider, **fields: Any) -> dict[str, Any]:
    names = ("slug", "kind", "label", "base_url")
    known = {name: getattr(provider, name) for name in names}
    return {**known, "needs_key": "on", "enabled": "on", "secret": "", **fields}


def pages(client: Client, *keys: ApiKey) -> str:
    paths = [KEYS, PROVIDERS, f"{KEYS}add/", *(f"{KEYS}{key.pk}/change/" for key in keys)]
    paths += [f"{PROVIDERS}{key.provider_id}/change/" for key in keys]
    return "".join(client.get(path).content.decode() for path in paths)


def test_key_is_added_and_never_shown_again(operator: Client, openai: Provider) -> None:
    answer = operator.post(f"{KEYS}add/", {"provider": openai.pk, "label": "main", "secret": SECRET}, follow=True)
    key = ApiKey.objects.get()
    assert (key.label, key.last4, key.created_by) == ("main", "abcd", User.objects.get())
    shown = answer.content.decode() + pages(operator, key)
    assert "…abcd" in shown
    assert not any(secret in shown for secret in (SECRET, key.ciphertext, key.fingerprint))


@pytest.mark.parametrize(
    ("secret", "words"), [("", "required"), ("sk one", "space or a line break"), (OTHER, "here already")]
)
def test_bad_key_is_refused_in_words_and_not_repeated(
    operator: Client, openai: Provider, secret: str, words: str
) -> None:
    add_key(openai, OTHER)
    answer = operator.post(f"{KEYS}add/", {"provider": openai.pk, "secret": secret})
    assert words in answer.content.decode()
    assert not secret or secret not in answer.content.decode()
    assert ApiKey.objects.count() == 1


def test_key_is_not_edited(operator: Client, openai: Provider) -> None:
    key = add_key(openai, SECRET)
    answer = operator.post(f"{KEYS}{key.pk}/change/", {"label": "x", "secret": OTHER, "bound_to": ELSEWHERE})
    assert answer.status_code == 403
    assert operator.post(f"{KEYS}{key.pk}/delete/", {"post": "yes"}).status_code == 403
    assert load_configs(())[0].api_keys == (SECRET,)


def test_keys_are_drained_resumed_and_retired(operator: Client, openai: Provider) -> None:
    one, two = add_key(openai, SECRET), add_key(openai, OTHER)
    assert "Drained: 2." in act(operator, "drain", one, two).content.decode()
    assert set(ApiKey.objects.values_list("state", flat=True)) == {KeyState.DRAINING}
    act(operator, "resume", two)
    assert "Retired: 1." in act(operator, "retire", one).content.decode()
    assert load_configs(())[0].api_keys == (OTHER,)
    assert ApiKey.objects.get(pk=one.pk).ciphertext == ""


def test_refused_key_is_seen_at_once_and_can_be_tried_again(operator: Client, openai: Provider) -> None:
    key = add_key(openai, SECRET)
    assert "1 key was refused" not in operator.get(KEYS).content.decode()
    ApiKey.objects.update(health=Health.REFUSED, health_note="No credit is left.")
    page = operator.get(KEYS).content.decode()
    assert "1 key was refused" in page
    assert "No credit is left." in page
    act(operator, "let_try_again", key)
    assert ApiKey.objects.get().health == Health.UNTRIED


def test_provider_is_made_with_its_key(operator: Client) -> None:
    fields = {"slug": "lab", "kind": "openai", "label": "Lab", "base_url": ELSEWHERE + "/", "needs_key": "on"}
    operator.post(f"{PROVIDERS}add/", {**fields, "enabled": "on", "secret": SECRET})
    (config,) = load_configs(())
    assert (config.provider_id, config.base_url, config.api_keys) == ("lab", ELSEWHERE, (SECRET,))


@pytest.mark.parametrize("address", ["lab.example", "https://user:word@lab.example", "https://lab.example/?k=v"])
def test_provider_needs_an_address(operator: Client, address: str) -> None:
    fields = {"slug": "lab", "kind": "openai", "label": "Lab", "base_url": address}
    assert operator.post(f"{PROVIDERS}add/", fields).status_code == 200
    assert not Provider.objects.exists()


@pytest.mark.parametrize("trick", [{}, {"needs_key": ""}, {"kind": "anthropic"}, {"enabled": ""}])
def test_changed_address_asks_for_the_key(operator: Client, openai: Provider, trick: dict[str, str]) -> None:
    add_key(openai, SECRET)
    page = operator.post(f"{PROVIDERS}{openai.pk}/change/", posted(openai, base_url=ELSEWHERE, **trick))
    assert "never sent to another address" in page.content.decode()
    openai.refresh_from_db()
    assert openai.base_url == "https://api.openai.com/v1"
    assert load_configs(())[0].api_keys == (SECRET,)


def test_address_changes_together_with_a_key(operator: Client, openai: Provider) -> None:
    add_key(openai, SECRET)
    operator.post(f"{PROVIDERS}{openai.pk}/change/", posted(openai, base_url=ELSEWHERE, secret=OTHER))
    (config,) = load_configs(())
    assert (config.base_url, config.api_keys) == (ELSEWHERE, (OTHER,))


def test_other_fields_change_without_a_key(operator: Client, openai: Provider) -> None:
    add_key(openai, SECRET)
    operator.post(f"{PROVIDERS}{openai.pk}/change/", posted(openai, label="Ours"))
    (config,) = load_configs(())
    assert (config.label, config.api_keys) == ("Ours", (SECRET,))


def test_address_of_the_environment_is_only_shown(operator: Client, openai: Provider) -> None:
    own = ProviderConfig("openai", "openai", "OpenAI", openai.base_url, (SECRET,))
    ensure_environment([own])
    operator.post(f"{PROVIDERS}{openai.pk}/change/", posted(openai, base_url=ELSEWHERE, secret=OTHER))
    openai.refresh_from_db()
    assert openai.base_url == "https://api.openai.com/v1"
    assert operator.post(f"{PROVIDERS}{openai.pk}/delete/", {"post": "yes"}).status_code == 403


def test_viewer_changes_nothing(client: Client, openai: Provider) -> None:
    viewer = User.objects.create_user("viewer@example.org", "a long enough password", is_staff=True)
    viewer.user_permissions.set(Permission.objects.filter(codename__in=["view_apikey", "view_provider"]))
    client.force_login(viewer)
    key = add_key(openai, SECRET)
    assert client.post(f"{KEYS}add/", {"provider": openai.pk, "secret": OTHER}).status_code == 403
    act(client, "retire", key)
    answer = client.post(f"{PROVIDERS}{openai.pk}/change/", posted(openai, base_url=ELSEWHERE, secret=OTHER))
    assert answer.status_code == 403
    assert load_configs(())[0].api_keys == (SECRET,)
    assert SECRET not in pages(client, key)


def test_list_costs_the_same_for_one_and_many(
    operator: Client, openai: Provider, django_assert_num_queries: Any
) -> None:
    add_key(openai, SECRET)
    operator.get(KEYS)
    with django_assert_num_queries(6):
        operator.get(KEYS)
    for number in range(5):
        add_key(openai, f"{OTHER}{number}")
    with django_assert_num_queries(6):
        operator.get(KEYS)
