"""The ledger: a row for every call, opened before it and settled once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.db import transaction

from chatproject.errors import DomainError
from providers.models import ApiKey, BudgetAccount, Outcome, Price, Provider, Purpose, UsageRecord
from providers.money import periods
from providers.money.budgets import list_standings, save_budget
from providers.money.ledger import BudgetExhausted, Call, PriceUnknown, list_open, reserve, settle, settle_abandoned
from providers.port import Usage
from providers.pricing import MICRO
from tests.money.paying import (
    CENT,
    MODEL,
    a_dollar_each,
    balance,
    close_call,
    make_budget,
    make_model,
    open_call,
)
from tests.support.factories import make_user

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

    from accounts.models import User

pytestmark = pytest.mark.usefixtures("catalogue")


@pytest.fixture
def person(catalogue: None) -> User:
    return make_user()


def refusal(person: User, **size: Any) -> DomainError:
    """Give the refusal of a call, which leaves nothing behind."""
    before = UsageRecord.objects.count(), list(BudgetAccount.objects.values_list("spent", "reserved"))
    with pytest.raises(DomainError) as caught:
        open_call(person, **size)
    held = [(spent, reserved) for spent, reserved in BudgetAccount.objects.values_list("spent", "reserved") if reserved]
    assert (UsageRecord.objects.count(), held) == (before[0], [pair for pair in before[1] if pair[1]])
    return caught.value


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
    with transaction.atomic(), django_assert_num_queries(2):
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


# --- budgets


def test_worst_case_is_set_aside_and_the_rest_given_back(person: User) -> None:
    make_model(tiers=({"input": MICRO, "output": 2 * MICRO},), output_tokens=70)
    budget = make_budget(10_000)
    subject = open_call(person, prompt=100, output=50)
    assert balance(budget) == (0, 150 + 100)
    close_call(subject, 90, 10)
    assert balance(budget) == (110, 0)


def test_dearest_model_of_the_chain_is_set_aside(person: User) -> None:
    dear = make_model("openai/dear", tiers=({"input": 10 * MICRO, "output": 10 * MICRO},))
    middle = make_model("openai/middle", tiers=a_dollar_each(), fallback=dear)
    make_model(tiers=a_dollar_each(), fallback=middle)
    budget = make_budget(100_000)
    open_call(person, prompt=100, output=50)
    assert balance(budget) == (0, 1_500 + 500)


def test_exhausted_budget_names_itself_its_limit_and_its_renewal(person: User) -> None:
    make_model(tiers=a_dollar_each())
    budget = make_budget(5 * MICRO, scope="person", user=person)
    close_call(open_call(person), 5 * MICRO)
    error = refusal(person)
    assert isinstance(error, BudgetExhausted)
    renewal = periods.next_month(periods.today())
    assert error.message == f"Your budget for this month ($5.00) is used up. It renews on {renewal.day} {renewal:%B}."
    until = (periods.midnight(renewal) - datetime.now(UTC)).total_seconds()
    assert error.retry_after == pytest.approx(until, abs=30)
    assert balance(budget) == (5 * MICRO, 0)


def test_little_that_is_left_is_named(person: User) -> None:
    make_model(tiers=a_dollar_each())
    make_budget(5 * MICRO, scope="each", period="day")
    close_call(open_call(person), 5 * MICRO - CENT)
    message = refusal(person, output=2 * CENT).message
    assert message.startswith("Your budget for today ($5.00) has $0.01 left, which is too little for this question.")
    assert message.endswith("It renews at midnight (UTC).")


def test_money_set_aside_for_others_is_named(person: User) -> None:
    make_model(tiers=a_dollar_each())
    group = Group.objects.create(name="Teachers")
    person.groups.add(group)
    make_budget(1_000, scope="group", group=group)
    open_call(person, prompt=0, output=900)
    message = refusal(person, prompt=0, output=900).message
    assert message.startswith("The budget of the group Teachers for this month ($0.001) is set aside for answers")


@pytest.mark.parametrize("smallest", [0, 1, 2, 3])
def test_each_of_several_budgets_holds(person: User, smallest: int) -> None:
    make_model(tiers=a_dollar_each())
    group = Group.objects.create(name="Teachers")
    person.groups.add(group)
    scopes = [
        {"scope": "site"},
        {"scope": "group", "group": group},
        {"scope": "each"},
        {"scope": "person", "user": person},
    ]
    for number, scope in enumerate(scopes):
        make_budget(1_000 if number == smallest else 1_000_000, **scope)  # type: ignore[arg-type]
    open_call(person, prompt=0, output=1_000)
    assert refusal(person, prompt=0, output=1).code == "budget_exhausted"
    assert set(BudgetAccount.objects.values_list("reserved", flat=True)) == {1_000}


def test_budgets_of_others_do_not_hold(person: User) -> None:
    make_model(tiers=a_dollar_each())
    other, group = make_user(), Group.objects.create(name="Others")
    other.groups.add(group)
    for scope in (
        {"scope": "group", "group": group},
        {"scope": "each", "group": group},
        {"scope": "person", "user": other},
    ):
        make_budget(1, **scope)  # type: ignore[arg-type]
    make_budget(1, enabled=False)
    open_call(person)
    assert not BudgetAccount.objects.exists()
    assert refusal(other).code == "budget_exhausted"


def test_each_person_has_an_account_of_their_own(person: User) -> None:
    make_model(tiers=a_dollar_each())
    other = make_user()
    budget = make_budget(1_000, scope="each")
    close_call(open_call(person, prompt=0, output=900), 0, 900)
    open_call(other, prompt=0, output=900)
    assert balance(budget, str(person.pk)) == (900, 0)
    assert balance(budget, str(other.pk)) == (0, 900)


def test_unknown_price_is_refused_under_a_budget(person: User) -> None:
    make_model()
    make_budget(1_000)
    error = refusal(person)
    assert isinstance(error, PriceUnknown)
    assert error.message.startswith("What gpt-5.5 costs is not known here, so it cannot be used under a budget.")


def test_model_that_costs_nothing_needs_no_budget(person: User) -> None:
    make_model(tiers=({"input": 0, "output": 0},))
    make_budget(1)
    close_call(open_call(person, prompt=1_000_000), 1_000_000, 1_000)
    open_call(person, prompt=1_000_000)
    assert not BudgetAccount.objects.exists()


def test_budget_begins_with_what_was_spent_in_its_period(person: User) -> None:
    make_model(tiers=a_dollar_each())
    close_call(open_call(person), 300, 100)
    close_call(open_call(make_user()), 1_000, 0)
    earlier = UsageRecord.objects.create(user=person, model=MODEL, cost=5_000, settled_at=datetime.now(UTC))
    before = periods.midnight(periods.today().replace(day=1)) - timedelta(seconds=1)
    UsageRecord.objects.filter(pk=earlier.pk).update(created_at=before)
    budget = make_budget(10_000, scope="person", user=person)
    assert [standing.spent for standing in list_standings(person.pk)] == [400]
    open_call(person, prompt=0, output=5)
    assert balance(budget) == (400, 5)


def test_new_limit_holds_at_once(person: User) -> None:
    make_model(tiers=a_dollar_each())
    budget = make_budget(1_000)
    close_call(open_call(person, prompt=0, output=900), 0, 900)
    assert refusal(person, prompt=0, output=900).code == "budget_exhausted"
    budget.limit = 2_000
    save_budget(budget)
    open_call(person, prompt=0, output=900)
    budget.limit = 10
    save_budget(budget)
    assert refusal(person, prompt=0, output=1).code == "budget_exhausted"


def test_budget_that_was_off_counts_what_was_spent_meanwhile(person: User) -> None:
    make_model(tiers=a_dollar_each())
    budget = make_budget(1_000)
    close_call(open_call(person), 0, 100)
    budget.enabled = False
    save_budget(budget)
    close_call(open_call(person), 0, 300)
    budget.enabled = True
    save_budget(budget)
    open_call(person, prompt=0, output=1)
    assert balance(budget) == (400, 1)


def test_removed_budget_or_person_stops_no_settlement(person: User) -> None:
    make_model(tiers=a_dollar_each())
    budget, first = make_budget(10_000), open_call(person)
    budget.delete()
    assert close_call(first, 10, 10).cost == 20
    second = make_budget(10_000)
    subject = open_call(person)
    person.delete()
    assert close_call(subject, 10, 10).cost == 20
    assert balance(second) == (40, 0)


def test_new_period_begins_with_nothing(person: User) -> None:
    make_model(tiers=a_dollar_each())
    budget = make_budget(1_000)
    last = periods.previous_month(periods.today())
    BudgetAccount.objects.create(budget=budget, starts_on=last, limit=1_000, spent=1_000)
    open_call(person, prompt=0, output=1_000)
    reserved = BudgetAccount.objects.order_by("starts_on").values_list("reserved", flat=True)
    assert list(reserved) == [0, 1_000]


# --- telling


def test_person_is_told_once_at_eighty_percent(person: User) -> None:
    make_model(tiers=a_dollar_each())
    make_budget(MICRO, scope="each")
    assert close_call(open_call(person), 799_999).warnings == ()
    warnings = close_call(open_call(person), 1).warnings
    assert [(one.user_id, one.message[:59]) for one in warnings] == [
        (person.pk, "Your budget for this month ($1.00) is used to 80 %. It rene")
    ]
    assert close_call(open_call(person), 1).warnings == ()


def test_shared_pot_is_not_called_ones_own(person: User) -> None:
    make_model(tiers=a_dollar_each())
    make_budget(1_000)
    [warning] = close_call(open_call(person), 1_000).warnings
    assert warning.message.startswith("The budget of this site for this month ($0.001) is used up.")


def test_higher_limit_can_be_told_of_again(person: User) -> None:
    make_model(tiers=a_dollar_each())
    budget = make_budget(1_000)
    assert close_call(open_call(person), 800).warnings
    budget.limit = 10_000
    save_budget(budget)
    assert close_call(open_call(person), 100).warnings == ()
    assert close_call(open_call(person), 7_100).warnings


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
