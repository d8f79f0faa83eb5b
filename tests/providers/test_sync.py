"""Lists into tables: what is new comes, what is gone hides, what an operator changed stays."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from chatproject.database import in_database
from providers.models import LanguageModel, Price, PriceSource, Provider
from providers.port import ModelInfo
from providers.sync import MOST_MODELS, SyncResult, claim_listing, store_list, store_list_failure
from tests.providers.rows import ANTHROPIC, LOCAL, make_model, make_price, make_provider

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

pytestmark = pytest.mark.django_db

GPT = [ModelInfo("gpt-5.5", "GPT-5.5"), ModelInfo("gpt-4o", "GPT-4o")]


def names(provider: Provider) -> list[str]:
    return [model.name for model in provider.models.order_by("position") if model.is_offered]


def test_first_list_fills_the_catalogue() -> None:
    provider = make_provider(listing_error="Earlier it failed.")

    result = store_list("openai", GPT)

    assert result == SyncResult(listed=2, new=["gpt-5.5", "gpt-4o"])
    assert names(provider) == ["gpt-5.5", "gpt-4o"]
    model = LanguageModel.objects.get(name="gpt-4o")
    assert (model.label, model.context_window, model.largest_output) == ("GPT-4o", 128_000, 16_384)
    assert (model.temperature, model.output_tokens, model.takes_temperature) == (0.7, 2000, True)
    thinker = LanguageModel.objects.get(name="gpt-5.5")
    assert (thinker.output_tokens, thinker.takes_temperature) == (8000, False)
    assert [price.tier.above_tokens for price in Price.objects.filter(model__name="gpt-5.5")] == [0, 272_000]
    assert set(Price.objects.values_list("source", flat=True)) == {PriceSource.BUNDLED}
    provider.refresh_from_db()
    assert provider.listed_at is not None
    assert provider.listing_error == ""


def test_unknown_price_stays_unknown() -> None:
    make_provider()
    store_list("openai", [ModelInfo("gpt-unheard-of", "GPT")])
    assert Price.objects.count() == 0


def test_own_server_is_never_looked_up() -> None:
    make_provider("local", base_url=LOCAL)
    store_list("local", [ModelInfo("gpt-4o", "GPT-4o", 4096)])
    assert Price.objects.count() == 0
    assert LanguageModel.objects.get().context_window == 4096


def test_what_the_list_says_counts_more_than_what_is_known() -> None:
    make_provider("anthropic", kind="anthropic", base_url=ANTHROPIC)
    listed = ModelInfo("claude-sonnet-5-5", "Sonnet", 123_456, 4_000, has_vision=False, has_reasoning=False)
    store_list("anthropic", [listed])
    model = LanguageModel.objects.get()
    assert (model.context_window, model.largest_output) == (123_456, 4_000)
    assert (model.has_vision, model.has_reasoning, model.has_tools) == (False, False, True)


def test_small_model_is_asked_for_no_more_than_it_writes() -> None:
    make_provider()
    store_list("openai", [ModelInfo("tiny", "Tiny", 2048, 512)])
    assert LanguageModel.objects.get().output_tokens == 512


def test_empty_list_takes_nothing_away() -> None:
    provider = make_provider()
    store_list("openai", GPT)
    assert store_list("openai", []) == SyncResult()
    assert names(provider) == ["gpt-5.5", "gpt-4o"]
    provider.refresh_from_db()
    assert "empty list" in provider.listing_error


def test_list_of_a_stranger_is_taken_with_care() -> None:
    provider = make_provider()
    odd = [ModelInfo("good", "Ch\x07eap \u202eevil\n"), ModelInfo("b\nad", "Bad"), ModelInfo("\u202egood", "Bad")]
    many = [ModelInfo(f"model-{number}", "Model") for number in range(MOST_MODELS + 5)]
    store_list("openai", [*odd, *many])
    assert LanguageModel.objects.get(name="good").label == "Cheap evil"
    assert provider.models.count() == MOST_MODELS - 2


def test_same_list_again_writes_nothing_but_the_time(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    make_provider()
    store_list("openai", GPT)
    with django_assert_num_queries(7):  # the provider; begin, lock, models, prices, the time, end
        assert store_list("openai", GPT) == SyncResult(listed=2)


def test_longer_list_takes_no_more_statements(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    make_provider()
    many = [ModelInfo(f"model-{number}", "A model") for number in range(40)]
    with django_assert_num_queries(8):
        store_list("openai", many)
    with django_assert_num_queries(8):
        store_list("openai", many[::-1])


def test_model_that_left_is_hidden_and_comes_back() -> None:
    provider = make_provider()
    store_list("openai", GPT)

    assert store_list("openai", GPT[:1]) == SyncResult(listed=1, gone=["gpt-4o"])
    assert names(provider) == ["gpt-5.5"]
    assert store_list("openai", GPT[:1]) == SyncResult(listed=1)
    assert store_list("openai", GPT) == SyncResult(listed=2, back=["gpt-4o"])
    assert names(provider) == ["gpt-5.5", "gpt-4o"]


def test_what_an_operator_changed_stays() -> None:
    provider = make_provider()
    store_list("openai", GPT)
    changed = {
        "label": "Ours",
        "context_window": 9_000,
        "position": 1,
        "edited": ["label", "context_window", "position"],
    }
    LanguageModel.objects.filter(name="gpt-4o").update(**changed)
    further = {"temperature": 0.2, "output_tokens": 500, "instructions": "Be kind.", "parameters": {"top_p": 0.5}}
    LanguageModel.objects.filter(name="gpt-5.5").update(**further)

    result = store_list("openai", [ModelInfo("gpt-4o", "New label", 64_000), GPT[0]])

    assert result.kept == ["gpt-4o"]
    model = LanguageModel.objects.get(name="gpt-4o")
    assert (model.label, model.context_window, model.position) == ("Ours", 9_000, 1)
    assert LanguageModel.objects.filter(name="gpt-5.5", **further).exists()
    store_list("openai", GPT[:1])
    assert names(provider) == ["gpt-4o", "gpt-5.5"]


def test_disabled_model_stays_disabled() -> None:
    provider = make_provider()
    store_list("openai", GPT)
    LanguageModel.objects.filter(name="gpt-4o").update(enabled=False)
    store_list("openai", [ModelInfo("gpt-4o", "GPT-4o again"), GPT[0]])
    assert names(provider) == ["gpt-5.5"]


def test_model_that_an_operator_made_stays_though_no_list_has_it() -> None:
    provider = make_provider()
    make_model(provider, "hand-made", edited=["name"], is_listed=False)
    assert store_list("openai", GPT).gone == []
    assert "hand-made" in names(provider)


def test_operators_price_stays_and_a_removed_one_does_not_come_back() -> None:
    provider = make_provider()
    make_price(make_model(provider, "gpt-4o"), 1, 2)
    make_model(provider, "gpt-5.5", edited=["prices"])
    store_list("openai", GPT)
    assert list(Price.objects.values_list("model__name", "input", "output")) == [("gpt-4o", 1, 2)]


def test_bundled_price_follows_the_data() -> None:
    provider = make_provider()
    make_price(make_model(provider, "gpt-4o"), 1, 2, source=PriceSource.BUNDLED)
    store_list("openai", GPT[1:])
    assert list(Price.objects.values_list("input", "output")) == [(2_500_000, 10_000_000)]


def test_odd_lists_are_taken_as_far_as_they_can_be() -> None:
    provider = make_provider()
    odd = [
        GPT[0],
        GPT[0],
        ModelInfo("n" * 161, "Too long a name"),
        ModelInfo("a\x00b", "A byte"),
        ModelInfo("long", "l" * 500),
    ]
    odd += [ModelInfo("huge", "H\x00uge", 2**40, -1), ModelInfo("words", "Words", "many", "more")]  # type: ignore[arg-type]
    assert store_list("openai", odd).listed == 4
    assert names(provider) == ["gpt-5.5", "long", "huge", "words"]
    assert len(LanguageModel.objects.get(name="long").label) == 160
    for name in ("huge", "words"):
        model = LanguageModel.objects.get(name=name)
        assert (model.context_window, model.largest_output) == (None, None)


def test_model_whose_id_nothing_can_hold_is_left_out() -> None:
    make_provider("s" * 40)
    store_list("s" * 40, [ModelInfo("n" * 159, "Fits"), ModelInfo("n" * 160, "Does not"), ModelInfo("", "Nameless")])
    assert [len(model.name) for model in LanguageModel.objects.all()] == [159]


def test_unknown_provider_changes_nothing() -> None:
    assert store_list("nobody", GPT) == SyncResult()
    store_list_failure("nobody", "Why.")
    assert not claim_listing("nobody", older_than=timedelta(0))
    assert LanguageModel.objects.count() == 0


def test_failure_is_noted_and_keeps_what_was_known() -> None:
    provider = make_provider()
    store_list("openai", GPT)
    store_list_failure("openai", "OpenAI cannot be reached. " * 50)
    provider.refresh_from_db()
    assert provider.listing_error.startswith("OpenAI cannot be reached.")
    assert names(provider) == ["gpt-5.5", "gpt-4o"]


def test_list_is_claimed_once_until_the_claim_is_old() -> None:
    provider = make_provider()
    assert claim_listing("openai", older_than=timedelta(minutes=5))
    assert not claim_listing("openai", older_than=timedelta(minutes=5))
    Provider.objects.filter(pk=provider.pk).update(listing_claimed_at=timezone.now() - timedelta(minutes=6))
    assert claim_listing("openai", older_than=timedelta(minutes=5))
    assert claim_listing("openai", older_than=timedelta(0))


@pytest.mark.django_db(transaction=True)
async def test_one_of_many_claims_the_list() -> None:
    await in_database(make_provider)
    claims = (in_database(claim_listing, "openai", older_than=timedelta(minutes=5)) for _ in range(8))
    assert sum(await asyncio.gather(*claims)) == 1
