"""The operators' pages for providers and keys."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from accounts.models import User
from providers.keys.roster import ensure_environment
from providers.keys.services import add_key
from providers.models import ApiKey, Health, KeyState, Provider
from providers.port import ProviderConfig
from tests.keys.asked import load_configs
from tests.support.factories import make_user

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
    client.force_login(make_user(is_staff=True, is_superuser=True))
    return client


def sign_in(client: Client, *rights: str) -> None:
    """Sign in somebody of the staff who may do this and nothing else."""
    person = make_user(is_staff=True)
    person.user_permissions.set(Permission.objects.filter(codename__in=rights))
    client.force_login(person)


def act(client: Client, action: str, *keys: ApiKey) -> Answer:
    return client.post(KEYS, {"action": action, "_selected_action": [key.pk for key in keys]}, follow=True)


def posted(provider: Provider, **fields: Any) -> dict[str, Any]:
    names = ("slug", "kind", "label", "base_url")
    known = {name: getattr(provider, name) for name in names}
    return {**known, "needs_key": "on", "enabled": "on", "secret": "", **fields}


def made(client: Client, **fields: Any) -> str:
    """Make a provider; return the page that follows."""
    form = {"slug": "lab", "kind": "openai", "label": "Lab", "base_url": ELSEWHERE, "needs_key": "on", "enabled": "on"}
    return str(client.post(f"{PROVIDERS}add/", {**form, "secret": "", **fields}, follow=True).content.decode())


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
    assert load_configs()[0].api_keys == (SECRET,)


def test_keys_are_drained_resumed_and_retired(operator: Client, openai: Provider) -> None:
    one, two = add_key(openai, SECRET), add_key(openai, OTHER)
    assert "Drained: 2." in act(operator, "drain", one, two).content.decode()
    assert set(ApiKey.objects.values_list("state", flat=True)) == {KeyState.DRAINING}
    act(operator, "resume", two)
    assert "Retired: 1." in act(operator, "retire", one).content.decode()
    assert load_configs()[0].api_keys == (OTHER,)
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
    made(operator, base_url=ELSEWHERE + "/", secret=SECRET)
    (config,) = load_configs()
    assert (config.provider_id, config.base_url, config.api_keys) == ("lab", ELSEWHERE, (SECRET,))


@pytest.mark.parametrize("address", ["lab.example", "https://user:word@lab.example", "https://lab.example/?k=v"])
def test_provider_needs_an_address(operator: Client, address: str) -> None:
    assert 'id="id_base_url_error"' in made(operator, base_url=address)
    assert not Provider.objects.exists()


@pytest.mark.parametrize("slug", ["Lab", "lab-", "demo"])
def test_provider_needs_a_plain_name(operator: Client, slug: str) -> None:
    assert "small letters, digits and hyphens." in made(operator, slug=slug)
    assert not Provider.objects.exists()


@pytest.mark.parametrize("trick", [{}, {"needs_key": ""}, {"kind": "anthropic"}, {"enabled": ""}])
def test_changed_address_asks_for_the_key(operator: Client, openai: Provider, trick: dict[str, str]) -> None:
    add_key(openai, SECRET)
    page = operator.post(f"{PROVIDERS}{openai.pk}/change/", posted(openai, base_url=ELSEWHERE, **trick))
    assert "never sent to another address" in page.content.decode()
    openai.refresh_from_db()
    assert openai.base_url == "https://api.openai.com/v1"
    assert load_configs()[0].api_keys == (SECRET,)


def test_server_that_moves_to_where_a_key_is_needed_asks_for_it(operator: Client, openai: Provider) -> None:
    Provider.objects.update(needs_key=False)
    page = operator.post(f"{PROVIDERS}{openai.pk}/change/", posted(openai, base_url=ELSEWHERE))
    assert page.status_code == 200
    assert "never sent to another address" in page.content.decode()
    openai.refresh_from_db()
    assert (openai.base_url, openai.needs_key) == ("https://api.openai.com/v1", False)


def test_address_changes_together_with_a_key(operator: Client, openai: Provider) -> None:
    add_key(openai, SECRET)
    operator.post(f"{PROVIDERS}{openai.pk}/change/", posted(openai, base_url=ELSEWHERE, secret=OTHER))
    (config,) = load_configs()
    assert (config.base_url, config.api_keys) == (ELSEWHERE, (OTHER,))


def test_other_fields_change_without_a_key(operator: Client, openai: Provider) -> None:
    add_key(openai, SECRET)
    operator.post(f"{PROVIDERS}{openai.pk}/change/", posted(openai, label="Ours"))
    (config,) = load_configs()
    assert (config.label, config.api_keys) == ("Ours", (SECRET,))


def test_address_of_the_environment_is_only_shown(operator: Client, openai: Provider) -> None:
    own = ProviderConfig("openai", "openai", "OpenAI", openai.base_url, (SECRET,))
    ensure_environment([own])
    operator.post(f"{PROVIDERS}{openai.pk}/change/", posted(openai, base_url=ELSEWHERE, secret=OTHER))
    openai.refresh_from_db()
    assert openai.base_url == "https://api.openai.com/v1"
    assert operator.post(f"{PROVIDERS}{openai.pk}/delete/", {"post": "yes"}).status_code == 403


def test_viewer_changes_nothing(client: Client, openai: Provider) -> None:
    sign_in(client, "view_apikey", "view_provider")
    key = add_key(openai, SECRET)
    assert client.post(f"{KEYS}add/", {"provider": openai.pk, "secret": OTHER}).status_code == 403
    act(client, "retire", key)
    answer = client.post(f"{PROVIDERS}{openai.pk}/change/", posted(openai, base_url=ELSEWHERE, secret=OTHER))
    assert answer.status_code == 403
    assert load_configs()[0].api_keys == (SECRET,)
    assert SECRET not in pages(client, key)


def test_who_may_not_change_keys_moves_no_provider_and_adds_none(client: Client, openai: Provider) -> None:
    sign_in(client, "view_provider", "change_provider", "add_provider")
    key = add_key(openai, SECRET)
    moved = posted(openai, label="Renamed", base_url=ELSEWHERE, kind="anthropic", secret=OTHER, needs_key="")
    assert client.post(f"{PROVIDERS}{openai.pk}/change/", moved).status_code == 302
    openai.refresh_from_db()
    kept = (openai.base_url, openai.kind, openai.needs_key)
    assert (openai.label, kept) == ("Renamed", ("https://api.openai.com/v1", "openai", True))
    assert list(ApiKey.objects.values_list("pk", "state")) == [(key.pk, "active")]
    client.post(f"{PROVIDERS}add/", {**moved, "slug": "lab", "needs_key": "on"})
    assert Provider.objects.filter(slug="lab").exists()
    assert ApiKey.objects.count() == 1


@pytest.mark.parametrize("lookup", ["ciphertext__startswith", "fingerprint", "provider__keys__ciphertext__regex"])
def test_filters_tell_nothing_of_what_is_hidden(operator: Client, openai: Provider, lookup: str) -> None:
    add_key(openai, SECRET)
    assert operator.get(KEYS, {lookup: "g"}).status_code == 400


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


# --- what is told when a provider is saved


def test_provider_without_a_key_is_told(operator: Client, openai: Provider) -> None:
    told = "It needs a key and has none: nobody can ask it yet."
    assert told in made(operator)
    lab = f"{PROVIDERS}{Provider.objects.get(slug='lab').pk}/change/"
    change = posted(Provider.objects.get(slug="lab"))
    assert told in operator.post(lab, change, follow=True).content.decode()
    assert told not in operator.post(lab, change | {"needs_key": ""}, follow=True).content.decode()
    assert told not in operator.post(lab, change | {"secret": SECRET}, follow=True).content.decode()
    ApiKey.objects.update(health=Health.REFUSED)
    assert "none of its keys can be used" in operator.post(lab, change, follow=True).content.decode()


def test_key_of_only_spaces_is_an_error(operator: Client, openai: Provider) -> None:
    told = "There are only spaces here"
    assert told in made(operator, secret="   ")
    assert told in operator.post(f"{KEYS}add/", {"provider": openai.pk, "secret": " "}).content.decode()
    assert not Provider.objects.filter(slug="lab").exists()
    assert not ApiKey.objects.exists()


def test_entered_key_leads_to_the_lists_of_models(operator: Client) -> None:
    page = made(operator, secret=SECRET)
    assert (
        '<a href="/admin/providers/languagemodel/">Fetch the lists of models</a> now to see whether it works.' in page
    )


@pytest.mark.parametrize(
    ("address", "secret", "is_told"),
    [
        ("http://lab.example/v1", SECRET, True),
        ("http://lab.example/v1", "", False),
        ("https://lab.example/v1", SECRET, False),
        ("http://192.168.0.7:8000/v1", SECRET, False),
        ("http://localhost:8000/v1", SECRET, False),
    ],
)
def test_key_that_goes_out_in_the_clear_is_told(operator: Client, address: str, secret: str, *, is_told: bool) -> None:
    page = made(operator, base_url=address, secret=secret)
    assert ("go to lab.example as plain text" in page) == is_told
    assert Provider.objects.get().base_url == address


def test_providers_list_counts_usable_keys_and_says_why_a_list_did_not_come(
    operator: Client, openai: Provider, django_assert_num_queries: Any
) -> None:
    assert '<td class="field-keys_in_use">none</td>' in operator.get(PROVIDERS).content.decode()
    add_key(openai, SECRET)
    refused = add_key(openai, OTHER)
    ApiKey.objects.filter(pk=refused.pk).update(health=Health.REFUSED)
    Provider.objects.update(listing_error="Nobody answers there. " + "More of it. " * 30)
    with django_assert_num_queries(6):
        page = operator.get(PROVIDERS).content.decode()
    assert "1 of 2" in page
    assert '<td class="field-listing">Nobody answers there.</td>' in page
    own = Provider.objects.create(slug="own", kind="openai", label="Own", base_url=ELSEWHERE, needs_key=False)
    add_key(Provider.objects.create(slug="lab", kind="openai", label="Lab", base_url=ELSEWHERE), SECRET)
    with django_assert_num_queries(6):
        page = operator.get(PROVIDERS).content.decode()
    assert "not needed" in page
    assert f"{PROVIDERS}{own.pk}/change/" in page


def test_providers_are_not_deleted_by_the_dozen(operator: Client, openai: Provider) -> None:
    assert "delete_selected" not in operator.get(PROVIDERS).content.decode()
    operator.post(PROVIDERS, {"action": "delete_selected", "_selected_action": [openai.pk], "post": "yes"})
    assert Provider.objects.exists()
    assert "is switched off here, not deleted" in operator.get(f"{PROVIDERS}{openai.pk}/change/").content.decode()


# --- what is seen of keys


def test_retired_keys_are_shown_when_asked_for(operator: Client, openai: Provider) -> None:
    add_key(openai, SECRET)
    act(operator, "retire", add_key(openai, OTHER))
    shown = {query: operator.get(f"{KEYS}{query}").content.decode() for query in ("", "?state__exact=retired")}
    assert [("…abcd" in page, "…wxyz" in page) for page in shown.values()] == [(True, False), (False, True)]
    everything = operator.get(f"{KEYS}?state__exact=all").content.decode()
    assert "…abcd" in everything
    assert "…wxyz" in everything


def test_action_counts_keys_that_leave_the_filter(operator: Client, openai: Provider) -> None:
    key = add_key(openai, SECRET)
    chosen = {"action": "drain", "_selected_action": [key.pk]}
    page = operator.post(f"{KEYS}?state__exact=active", chosen, follow=True).content.decode()
    assert "Drained: 1." in page


def test_remark_in_the_list_is_one_short_sentence(operator: Client, openai: Provider) -> None:
    key = add_key(openai, SECRET, label="spare")
    ApiKey.objects.update(health=Health.REFUSED, health_note="No credit is left. Buy some at the provider.")
    page = operator.get(KEYS).content.decode()
    assert '<td class="field-short_remark">No credit is left.</td>' in page
    assert "…abcd spare" in page
    assert "Buy some at the provider." in operator.get(f"{KEYS}{key.pk}/change/").content.decode()
    ApiKey.objects.update(health_note="x" * 200)
    assert f"{'x' * 59}…</td>" in operator.get(KEYS).content.decode()


def test_list_of_keys_says_how_long_ago_one_was_checked(operator: Client, openai: Provider) -> None:
    add_key(openai, SECRET)
    ApiKey.objects.update(checked_at=timezone.now())
    assert "just now" in operator.get(KEYS).content.decode()
    ApiKey.objects.update(checked_at=timezone.now() - timedelta(days=2, minutes=1))
    assert "2\N{NO-BREAK SPACE}days ago" in operator.get(KEYS).content.decode()


def test_refused_key_is_told_on_the_first_page_to_who_may_see_keys(client: Client, openai: Provider) -> None:
    add_key(openai, SECRET)
    sign_in(client, "view_provider")
    told = "1 key was refused by the provider, and no question is asked with it."
    ApiKey.objects.update(health=Health.REFUSED)
    assert told not in client.get("/admin/").content.decode()
    sign_in(client, "view_apikey")
    assert told in client.get("/admin/").content.decode()
    add_key(openai, OTHER)
    ApiKey.objects.update(health=Health.REFUSED)
    assert "2 keys were refused" in client.get("/admin/").content.decode()
    ApiKey.objects.update(health=Health.GOOD)
    assert "refused by" not in client.get("/admin/").content.decode()


def test_admin_names_the_sites_icon(operator: Client, openai: Provider) -> None:
    for path in ("/admin/", KEYS, PROVIDERS, f"{PROVIDERS}{openai.pk}/change/"):
        assert "icons/mark.svg" in operator.get(path).content.decode()
