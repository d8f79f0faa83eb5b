"""The ledger: a row for every call, opened before it and settled once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.db import transaction

from providers.models import ApiKey, Outcome, Price, Provider, Purpose, UsageRecord
from providers.money.ledger import LARGEST_COUNT, Call, list_open, reserve, settle, settle_abandoned
from providers.port import Usage
from providers.pricing import MICRO
from tests.money.paying import (
    MODEL,
    a_dollar_each,
    balance,
    close_call,
    make_budget,
    make_model,
    open_call,
)

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

    from accounts.models import User

pytestmark = pytest.mark.usefixtures("catalogue")


# --- without budgets


def test_call_has_a_row_from_its_beginning_to_its_end(person: User) -> None:
    make_model(tiers=({"input": 5 * MICRO, "cached_input": MICRO, "output": 30 * MICRO},))
    subject = open_call(person)
    record = UsageRecord.objects.get(subject=subject)
    assert (record.user_id, record.purpose, record.model, record.outcome) == (person.pk, "chat", MODEL, "open")
    assert (record.input_price, record.cached_input_price, record.output_price) == (5 * MICRO, MICRO, 30 * MICRO)
    usage = Usage(100, 50, cached_tokens=40, reasoning_tokens=30)
    with transaction.atomic():
        settled = settle(subject, [Call(MODEL, None, usage, Outcome.STOPPED)])
    record.refresh_from_db()
    assert settled.cost == record.cost == 60 * 5 + 40 + 50 * 30
    assert (record.prompt_tokens, record.cached_tokens, record.completion_tokens) == (100, 40, 50)
    assert (record.reasoning_tokens, record.is_estimated, record.outcome) == (30, False, "stopped")
    assert record.settled_at is not None


def test_ledger_costs_few_statements_without_budgets(
    person: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    make_model(tiers=a_dollar_each())
    subject = uuid4()
    with transaction.atomic(), django_assert_num_queries(2):
        reserve(person.pk, purpose=Purpose.CHAT, subject=subject, model=MODEL, estimate=lambda: (1, 1))
    with transaction.atomic(), django_assert_num_queries(1):
        settle(subject, [Call(MODEL, None, Usage(1, 1), Outcome.COMPLETE)])


def test_settling_again_changes_nothing(person: User) -> None:
    make_model(tiers=a_dollar_each())
    budget = make_budget(1_000)
    subject = open_call(person)
    assert close_call(subject, 10, 10).cost == 20
    assert close_call(subject, 500, 500).cost is None
    assert balance(budget) == (20, 0)
    assert UsageRecord.objects.get().cost == 20


def test_earlier_calls_get_rows_of_their_own(person: User) -> None:
    make_model(tiers=a_dollar_each())
    provider = Provider.objects.get()
    keys = [ApiKey.objects.create(provider=provider, fingerprint=str(number)) for number in range(2)]
    subject = open_call(person)
    failed = Call(MODEL, keys[0].pk, None, Outcome.FAILED, "bad_credentials")
    with transaction.atomic():
        settled = settle(subject, [failed, Call(MODEL, keys[1].pk, Usage(7, 3), Outcome.COMPLETE)])
    rows = UsageRecord.objects.order_by("cost").values_list("key", "outcome", "error_code", "cost", "user", "subject")
    assert list(rows) == [
        (keys[0].pk, "failed", "bad_credentials", 0, person.pk, subject),
        (keys[1].pk, "complete", "", 10, person.pk, subject),
    ]
    assert settled.cost == 10


def test_key_that_was_removed_meanwhile_is_left_out(person: User) -> None:
    make_model(tiers=a_dollar_each())
    subject = open_call(person)
    gone = [Call(MODEL, 4711, None, Outcome.FAILED), Call(MODEL, 4712, Usage(1, 1), Outcome.COMPLETE)]
    with transaction.atomic():
        settle(subject, gone)
    assert list(UsageRecord.objects.values_list("key", flat=True)) == [None, None]


def test_reply_without_a_call_leaves_no_row(person: User) -> None:
    make_model(tiers=a_dollar_each())
    budget = make_budget(1_000)
    subject = open_call(person)
    with transaction.atomic():
        assert settle(subject, []).cost == 0
    assert not UsageRecord.objects.exists()
    assert balance(budget) == (0, 0)


def test_count_that_no_column_holds_is_cut_and_the_call_settled(person: User) -> None:
    make_model(tiers=a_dollar_each())
    subject = open_call(person)
    assert close_call(subject, 3_000_000_000, 1).cost == 3_000_000_001
    assert UsageRecord.objects.get().prompt_tokens == LARGEST_COUNT


def test_unknown_price_is_unknown_and_not_nothing(person: User) -> None:
    make_model()
    subject = open_call(person)
    assert close_call(subject, 10, 10).cost is None
    record = UsageRecord.objects.get()
    assert (record.cost, record.input_price, record.prompt_tokens) == (None, None, 10)


def test_fallback_is_charged_at_its_own_price(person: User) -> None:
    cheap = make_model("openai/cheap", tiers=({"input": MICRO, "output": MICRO},))
    make_model(tiers=({"input": 9 * MICRO, "output": 9 * MICRO},), fallback=cheap)
    subject = open_call(person)
    assert close_call(subject, 10, 10, model="openai/cheap").cost == 20
    assert UsageRecord.objects.get().model == "openai/cheap"


def test_model_that_was_taken_away_is_charged_as_noted(person: User) -> None:
    model = make_model(tiers=({"input": 2 * MICRO, "output": 2 * MICRO},))
    make_model("openai/other")
    subject = open_call(person)
    model.delete()
    make_model("openai/another")
    assert close_call(subject, 10, 10).cost == 40


# --- what nobody settles


def test_abandoned_call_gives_back_what_it_held(person: User) -> None:
    make_model(tiers=a_dollar_each())
    budget = make_budget(1_000)
    subject, young = open_call(person), open_call(person)
    UsageRecord.objects.filter(subject=subject).update(created_at=datetime.now(UTC) - timedelta(hours=2))
    assert list_open(timedelta(hours=1)) == [subject]
    with transaction.atomic():
        settle_abandoned(subject)
    record = UsageRecord.objects.get(subject=subject)
    assert (record.outcome, record.error_code, record.is_estimated, record.cost) == ("failed", "abandoned", True, 0)
    assert balance(budget) == (0, UsageRecord.objects.get(subject=young).reserved)


def test_price_change_holds_from_the_next_call_on(person: User) -> None:
    model = make_model(tiers=a_dollar_each())
    close_call(open_call(person), 10)
    Price.objects.filter(model=model).update(input=3 * MICRO)
    make_model("openai/other")
    close_call(open_call(person), 10)
    assert sorted(UsageRecord.objects.values_list("cost", "input_price")) == [(10, MICRO), (30, 3 * MICRO)]
