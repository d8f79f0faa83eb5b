"""The catalogue in the admin: what is typed wrong is said, and changes nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from providers.catalogue import load_listings
from providers.models import LanguageModel, Price, PriceSource, Provider
from providers.port import ModelInfo
from providers.reuse import find_reuse
from providers.sync import store_list
from tests.providers.rows import LOCAL, config_of, make_model, make_price, make_provider
from tests.support.factories import make_user

if TYPE_CHECKING:
    from django.test import Client

    from providers.catalogue import CatalogueEntry

pytestmark = pytest.mark.django_db

LIST = reverse("admin:providers_languagemodel_changelist")
ADD = reverse("admin:providers_languagemodel_add")
FETCH = "/admin/providers/languagemodel/fetch/"


@pytest.fixture
def operator(client: Client) -> Client:
    client.force_login(make_user("op@example.org", is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def model(operator: Client) -> LanguageModel:
    return make_model(make_provider(), "plain", label="Plain", largest_output=4096)


def address(model: LanguageModel) -> str:
    return reverse("admin:providers_languagemodel_change", args=[model.pk])


def fields(**changed: Any) -> dict[str, Any]:
    """Give the form as the browser sends it."""
    return {
        "label": "Plain",
        "kind": "chat",
        "enabled": "on",
        "position": "1000",
        "fallback": "",
        "context_window": "",
        "largest_output": "4096",
        "takes_temperature": "on",
        "temperature": "0.7",
        "output_tokens": "2000",
        "instructions": "",
        "parameters": "{}",
        "prices-TOTAL_FORMS": "0",
        "prices-INITIAL_FORMS": "0",
        **changed,
    }


def price(**typed: str) -> dict[str, str]:
    row = {"above_tokens": "0", "input": "2.50", "cached_input": "", "cache_write": "", "output": "10", **typed}
    return {"prices-TOTAL_FORMS": "1", **{f"prices-0-{name}": value for name, value in row.items()}}


def save(client: Client, model: LanguageModel, **changed: Any) -> str:
    return str(client.post(address(model), fields(**changed), follow=True).content.decode())


def test_list_shows_prices_or_that_they_are_unknown(operator: Client, model: LanguageModel) -> None:
    make_price(make_model(model.provider, "priced"), 2_500_000, 10_000_000)
    make_model(make_provider("local", base_url=LOCAL), "own")
    page = operator.get(LIST).content.decode()
    for words in ("unknown", "$2.50 / $10.00", "free, own server", "Fetch the lists now"):
        assert words in page, words
    assert operator.get(f"{LIST}?q=priced&enabled__exact=1").status_code == 200


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"temperature": "-1"}, "Write the temperature as a number from 0 to 2, such as 0.7."),
        ({"temperature": "NaN"}, "Write the temperature as a number from 0 to 2, such as 0.7."),
        ({"temperature": "2.01"}, "Write the temperature as a number from 0 to 2, such as 0.7."),
        ({"temperature": "0,7"}, "Write the temperature as a number from 0 to 2, such as 0.7."),
        ({"output_tokens": "4097"}, "This model writes at most 4,096 tokens."),
        ({"output_tokens": "0"}, "Write a whole number of tokens above 0, such as 2000."),
        ({"output_tokens": "-5"}, "Write a whole number of tokens above 0, such as 2000."),
        ({"reuse_hours": "0"}, "Write a whole number of hours from 1 to 8,784, such as 24."),
        ({"reuse_hours": "8785"}, "Write a whole number of hours from 1 to 8,784, such as 24."),
        ({"reuse_hours": "a day"}, "Write a whole number of hours from 1 to 8,784, such as 24."),
        ({"context_window": "4095"}, "An answer has to fit into the context window of 4,095 tokens."),
        ({"context_window": "0"}, "Write a whole number of tokens above 0, such as 2000."),
        ({"parameters": "[1]"}, "This is not a JSON object."),
        ({"parameters": "top_p: 1"}, "This is not a JSON object."),
        ({"parameters": '{"top_p": NaN}'}, "Every number has to be finite"),
        ({"parameters": '{"stream": false, "model": "x"}'}, "The chat sets model, stream itself."),
        ({"instructions": "x" * 20_001}, "at most 20000 characters"),
        ({"enabled": "", "is_default": "on"}, "A model that is switched off cannot be the default."),
        (price(input="2,50"), "Write the price with a point and without commas, such as 2.50."),
        (price(output="-1"), "A price cannot be negative."),
        (price(output="NaN"), "Write the price in dollars for a million tokens, such as 2.50."),
        (price(cached_input="1e3"), "Write the price in dollars for a million tokens, such as 2.50."),
        (price(cache_write="0.0000001"), "Write the price in dollars for a million tokens, such as 2.50."),
        (price(output=""), "This field is required."),
        (price(above_tokens="100"), "One price has to be for prompts of any length: above 0 tokens."),
    ],
)
def test_what_is_wrong_is_said_and_changes_nothing(
    operator: Client, model: LanguageModel, changed: dict[str, str], sentence: str
) -> None:
    before = LanguageModel.objects.values().get()
    assert sentence in save(operator, model, **{"label": "Changed", **changed})
    assert LanguageModel.objects.values().get() == before
    assert not Price.objects.exists()


def test_sizes_that_a_list_brought_hold_up_no_other_change(operator: Client, model: LanguageModel) -> None:
    LanguageModel.objects.update(context_window=4000)
    save(operator, model, label="Ours", context_window="4000")
    model.refresh_from_db()
    assert model.label == "Ours"


def test_heading_says_what_it_means_that_there_is_no_price(operator: Client, model: LanguageModel) -> None:
    own = make_model(make_provider("local", base_url=LOCAL), "own")
    assert "(none: the price is unknown)" in operator.get(address(model)).content.decode().lower()
    assert "(none: free, your own server)" in operator.get(address(own)).content.decode().lower()


def test_providers_own_limit_of_the_temperature_is_told(operator: Client) -> None:
    model = make_model(make_provider("anthropic", kind="anthropic"), "claude-haiku-4-5")
    assert "Anthropic takes a temperature of 1 at most." in save(operator, model, temperature="1.5")
    save(operator, model, temperature="1")
    model.refresh_from_db()
    assert model.temperature == 1.0


def test_circle_of_fallbacks_is_refused_with_the_chain(operator: Client, model: LanguageModel) -> None:
    second = make_model(model.provider, "second", label="Second", fallback=model)
    third = make_model(model.provider, "third", label="Third", fallback=second)
    page = save(operator, model, fallback=str(third.pk))
    assert "This would go in a circle: Plain → Third → Second → Plain." in page
    assert "Select a valid choice" in save(operator, model, fallback=str(model.pk))
    assert f'<option value="{model.pk}"' not in operator.get(address(model)).content.decode()
    model.refresh_from_db()
    assert model.fallback is None
    save(operator, third, fallback="")
    save(operator, model, fallback=str(third.pk))
    model.refresh_from_db()
    assert model.fallback == third


def test_changes_are_kept_and_named(operator: Client, model: LanguageModel) -> None:
    save(operator, model, label="Ours", context_window="9000", temperature="0.1", parameters='{"top_p": 0.5}')
    model.refresh_from_db()
    assert model.edited == ["context_window", "label"]
    assert (model.temperature, model.parameters) == (0.1, {"top_p": 0.5})
    store_list("openai", [ModelInfo("plain", "Theirs", 1)])
    model.refresh_from_db()
    assert (model.label, model.context_window) == ("Ours", 9000)
    assert "context window, label" in operator.get(address(model)).content.decode()


def test_prices_are_typed_in_dollars(operator: Client, model: LanguageModel) -> None:
    save(operator, model, **price(input="$2.50", cached_input="0", output="0.075"))
    stored = Price.objects.get()
    assert (stored.input, stored.cached_input, stored.cache_write, stored.output) == (2_500_000, 0, None, 75_000)
    page = operator.get(address(model)).content.decode()
    assert 'value="2.50"' in page
    assert 'value="0.075"' in page
    model.refresh_from_db()
    assert model.edited == ["prices"]


def test_saving_a_known_price_unchanged_leaves_it_to_the_data(operator: Client) -> None:
    provider = make_provider()
    store_list("openai", [ModelInfo("gpt-4o", "GPT-4o")])
    model, known = LanguageModel.objects.get(), Price.objects.get()
    row = price(input="2.50", cached_input="1.25", output="10.00") | {"prices-0-id": str(known.pk)}
    row |= {"prices-INITIAL_FORMS": "1", "prices-0-model": str(model.pk), "label": "GPT-4o"}
    row |= {"context_window": "128000", "largest_output": "16384", "has_vision": "on", "has_tools": "on"}
    save(operator, model, **row)
    known.refresh_from_db()
    assert known.source == PriceSource.BUNDLED
    save(operator, model, **{**row, "prices-0-output": "11"})
    known.refresh_from_db()
    assert (known.source, known.output) == (PriceSource.OPERATOR, 11_000_000)
    store_list(provider.slug, [ModelInfo("gpt-4o", "GPT-4o")])
    assert Price.objects.get().output == 11_000_000


def test_new_default_takes_the_place_of_the_old_one(operator: Client, model: LanguageModel) -> None:
    old = make_model(model.provider, "old", is_default=True)
    save(operator, model, is_default="on")
    assert list(LanguageModel.objects.filter(is_default=True)) == [model]
    save(operator, model, is_default="on", label="Again")
    save(operator, old, is_default="on", label="Old")
    assert list(LanguageModel.objects.filter(is_default=True)) == [old]


def test_model_can_be_made_by_hand(operator: Client) -> None:
    provider = make_provider()
    operator.post(ADD, fields(provider=str(provider.pk), name="hand-made", largest_output=""))
    made = LanguageModel.objects.get()
    assert (made.edited, made.is_listed, made.is_offered) == (["label", "name"], False, True)
    again = operator.post(ADD, fields(provider=str(provider.pk), name="hand-made", largest_output=""))
    assert "already exists" in again.content.decode()
    operator.post(address(made), fields(name="other", provider="0"))
    made.refresh_from_db()
    assert (made.name, made.provider) == ("hand-made", provider)


def test_list_leaves_what_was_typed_into_a_model_made_by_hand(operator: Client) -> None:
    provider = make_provider()
    typed = {"label": "My own", "context_window": "32000", "largest_output": "4096", "position": "5"}
    operator.post(ADD, fields(provider=str(provider.pk), name="gpt-4o", has_tools="on", **typed))
    store_list(provider.slug, [ModelInfo("gpt-4o", "GPT-4o", 128_000)])
    made = LanguageModel.objects.get()
    assert (made.label, made.context_window, made.largest_output) == ("My own", 32_000, 4096)
    assert (made.position, made.has_tools, made.has_vision, made.is_listed) == (5, True, True, True)


def test_prices_go_only_with_the_right_to_take_them(client: Client) -> None:
    model = make_model(make_provider(), "plain", edited=["prices"])
    make_price(model, 1, 2, source=PriceSource.OPERATOR)
    helper = make_user("helper@example.org", is_staff=True)
    rights = ["view_languagemodel", "change_languagemodel"]
    helper.user_permissions.set(Permission.objects.filter(codename__in=rights))
    client.force_login(helper)
    client.post(LIST, {"action": "forget_changes", "_selected_action": [model.pk]})
    assert Price.objects.count() == 1


@pytest.mark.parametrize("name", ["Model", " max_tokens", "best_of", "num_predict"])
def test_parameters_replace_no_part_of_the_request(operator: Client, model: LanguageModel, name: str) -> None:
    answer = operator.post(address(model), fields(parameters=json.dumps({name: 5})))
    assert "Leave that out here" in answer.content.decode()


def test_models_go_with_their_provider(operator: Client, model: LanguageModel) -> None:
    delete = reverse("admin:providers_provider_delete", args=[model.provider_id])
    operator.post(delete, {"post": "yes"})
    assert not Provider.objects.exists()
    assert not LanguageModel.objects.exists()


def test_listed_model_is_switched_off_not_deleted(operator: Client, model: LanguageModel) -> None:
    delete = reverse("admin:providers_languagemodel_delete", args=[model.pk])
    assert operator.post(delete, {"post": "yes"}).status_code == 403
    for action in ("disable", "enable", "delete_selected"):
        chosen = {"action": action, "_selected_action": [model.pk], "post": "yes"}
        operator.post(LIST, chosen)
        model.refresh_from_db()
        assert model.enabled is (action != "disable")
    LanguageModel.objects.update(is_listed=False)
    assert operator.post(delete, {"post": "yes"}).status_code == 302
    assert not LanguageModel.objects.exists()


def test_position_is_changed_in_the_list(operator: Client, model: LanguageModel) -> None:
    form = {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "1", "form-0-id": str(model.pk), "form-0-position": "5"}
    operator.post(LIST, {**form, "_save": "Save"})
    model.refresh_from_db()
    assert (model.position, model.edited) == (5, ["position"])


def test_changes_can_be_forgotten(operator: Client) -> None:
    make_provider()
    store_list("openai", [ModelInfo("gpt-4o", "GPT-4o")])
    LanguageModel.objects.update(label="Ours", edited=["label", "prices"])
    Price.objects.update(output=1, source=PriceSource.OPERATOR)
    operator.post(LIST, {"action": "forget_changes", "_selected_action": [LanguageModel.objects.get().pk]})
    store_list("openai", [ModelInfo("gpt-4o", "GPT-4o")])
    assert LanguageModel.objects.get().label == "GPT-4o"
    assert Price.objects.get().output == 10_000_000


def test_fetching_needs_a_post_and_the_permission(client: Client) -> None:
    person = make_user("staff@example.org", is_staff=True)
    client.force_login(person)
    assert client.post(FETCH).status_code == 403
    person.user_permissions.add(Permission.objects.get(codename="change_languagemodel"))
    assert client.get(FETCH).status_code == 405
    assert not Provider.objects.filter(listed_at__isnull=False).exists()


def test_answers_are_repeated_only_where_somebody_says_so(operator: Client, model: LanguageModel) -> None:
    def entry() -> CatalogueEntry:
        (listing,) = load_listings([config_of(model.provider)])
        return next(one for one in listing.models or () if one.name == "plain")

    assert (model.reuses_answers, find_reuse(entry())) == (False, None)
    save(operator, model, reuses_answers="on", reuse_hours="")
    known = entry()
    assert find_reuse(known) == 24 * 3600
    save(operator, model, reuses_answers="on", reuse_hours="2")
    assert find_reuse(known) is None
    assert find_reuse(entry()) == 2 * 3600
    Provider.objects.update(base_url="https://elsewhere.example/v1")
    assert find_reuse(entry()) is None
