"""What can be asked, read from the tables and kept in memory."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from providers.catalogue import Catalogue, ProviderNotConfigured, UnknownModel, load_listings
from providers.models import Provider
from providers.port import ChatRequest
from providers.pricing import FREE, PriceTier
from tests.providers.rows import LOCAL, config_of, make_model, make_price, make_provider

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

pytestmark = pytest.mark.django_db


def catalogue() -> Catalogue:
    return Catalogue(load_listings(config_of(provider) for provider in Provider.objects.order_by("id")))


def test_entry_says_how_a_model_is_asked_and_what_it_costs() -> None:
    provider = make_provider()
    other = make_model(provider, "plain", takes_temperature=False)
    model = make_model(
        provider,
        "rich",
        context_window=1000,
        largest_output=500,
        output_tokens=400,
        temperature=0.0,
        parameters={"top_p": 0.5},
        instructions="Be kind.",
        fallback=other,
        has_vision=True,
        is_default=True,
    )
    make_price(model, 10, 20, above_tokens=100)
    make_price(model, 1, 2, cached_input=0)

    entry = catalogue().find("openai/rich")

    assert (entry.provider_label, entry.label, entry.context_window) == ("Openai", "RICH", 1000)
    assert (entry.largest_output, entry.output_tokens, entry.temperature) == (500, 400, 0.0)
    assert (entry.options, entry.instructions, entry.fallback) == ({"top_p": 0.5}, "Be kind.", "openai/plain")
    assert entry.prices == (PriceTier(0, 1, 0, None, 2), PriceTier(100, 10, None, None, 20))
    assert (entry.has_vision, entry.has_tools, entry.is_default) == (True, False, True)
    plain = catalogue().find("openai/plain")
    assert (plain.temperature, plain.prices, plain.context_window) == (None, (), 128_000)


def test_request_is_fitted_to_the_model() -> None:
    anthropic = make_provider("anthropic", kind="anthropic")
    make_model(anthropic, "small", largest_output=500, temperature=0.2, parameters={"top_k": 5, "thinking": None})
    make_model(anthropic, "thinker", takes_temperature=False)
    open_request = ChatRequest("", (), options={"top_k": 1})
    wanted = ChatRequest("", (), max_output_tokens=9_000, temperature=1.5)

    small = catalogue().find("anthropic/small")
    fitted = small.fit(open_request)
    assert (fitted.model, fitted.max_output_tokens, fitted.temperature) == ("small", 500, 0.2)
    assert fitted.options == {"top_k": 1, "thinking": None}
    fitted = small.fit(wanted)
    assert (fitted.max_output_tokens, fitted.temperature) == (500, 1.0)
    fitted = catalogue().find("anthropic/thinker").fit(wanted)
    assert (fitted.max_output_tokens, fitted.temperature) == (9_000, None)


def test_default_is_the_marked_one_else_the_first() -> None:
    provider = make_provider(listed_at=timezone.now())
    assert catalogue().default() is None
    make_model(provider, "second", position=2)
    marked = make_model(provider, "third", position=3)
    make_model(provider, "first", position=1)
    assert getattr(catalogue().default(), "name", "") == "first"
    marked.is_default = True
    marked.save()
    assert getattr(catalogue().default(), "name", "") == "third"


@pytest.mark.parametrize("fields", [{"enabled": False}, {"is_listed": False}, {"enabled": False, "edited": ["label"]}])
def test_model_that_is_not_offered_is_unknown(fields: dict[str, Any]) -> None:
    make_model(make_provider(), "hidden", **fields)
    assert catalogue().models() == []
    assert catalogue().default() is None
    with pytest.raises(UnknownModel):
        catalogue().find("openai/hidden")


def test_gone_model_stays_where_an_operator_had_a_hand_in_it() -> None:
    make_model(make_provider(), "old", is_listed=False, edited=["name"])
    assert catalogue().find("openai/old").name == "old"


def test_list_that_is_not_known_yet_takes_any_name() -> None:
    make_provider(listing_error="OpenAI cannot be reached.")
    listing = catalogue().providers()[0]
    assert (listing.models, listing.reason) == (None, "OpenAI cannot be reached.")
    entry = catalogue().find("openai/gpt-5-mini")
    assert (entry.id, entry.temperature, entry.prices) == ("openai/gpt-5-mini", None, ())
    assert catalogue().find("openai/any").temperature == 0.7


def test_known_list_takes_only_its_own() -> None:
    make_model(make_provider("local", base_url=LOCAL), "llama3:latest")
    assert catalogue().find("local/llama3").id == "local/llama3:latest"
    make_model(Provider.objects.get(slug="local"), "llama3", position=1_000)
    assert catalogue().find("local/llama3").id == "local/llama3"
    with pytest.raises(UnknownModel, match="The model gpt-5 is not available"):
        catalogue().find("local/gpt-5")


def test_empty_list_takes_nothing() -> None:
    make_provider(listed_at=timezone.now() - timedelta(days=1))
    with pytest.raises(UnknownModel):
        catalogue().find("openai/any")


def test_known_provider_that_is_not_set_up_says_so() -> None:
    with pytest.raises(ProviderNotConfigured, match="gpt-5 is not set up on this site"):
        catalogue().find("openai/gpt-5")
    with pytest.raises(UnknownModel):
        catalogue().find("nobody/gpt-5")


def test_long_names_are_shortened_in_the_message() -> None:
    make_model(make_provider(), "one")
    with pytest.raises(UnknownModel) as caught:
        catalogue().find("openai/" + "n" * 5000)
    assert len(caught.value.message) < 200


def test_own_server_is_free_unless_its_operator_says_a_price() -> None:
    provider = make_provider("local", base_url=LOCAL)
    make_model(provider, "free")
    make_price(make_model(provider, "priced"), 3, 4)
    assert catalogue().find("local/free").prices == FREE
    assert catalogue().find("local/priced").prices == (PriceTier(0, 3, None, None, 4),)


def test_demonstration_is_known_and_free_without_a_row() -> None:
    listings = load_listings([config_of(Provider(slug="demo", kind="demo", label="Demonstration", base_url=""))])
    entry = Catalogue(listings).find("demo/demo")
    assert (entry.label, entry.prices, entry.context_window) == ("Demonstration", FREE, 32_000)


def test_snapshot_is_replaced_whole() -> None:
    make_model(make_provider(), "one")
    snapshot = catalogue()
    snapshot.replace([])
    assert (snapshot.providers(), snapshot.models()) == ([], [])


def test_reading_takes_few_statements(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    for slug in ("openai", "local"):
        provider = make_provider(slug)
        for number in range(5):
            make_price(make_model(provider, f"model-{number}"), 1, 2)
    configs = [config_of(provider) for provider in Provider.objects.all()]
    with django_assert_num_queries(3):
        assert len(Catalogue(load_listings(configs)).models()) == 10
