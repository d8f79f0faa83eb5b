"""Budgets: which ones hold for whom, what they set aside, what they refuse and when they tell."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import Group

from chatproject.errors import DomainError
from providers.models import BudgetAccount, UsageRecord
from providers.money import periods
from providers.money.budgets import MOMENT, list_standings, save_budget
from providers.money.ledger import BudgetExhausted, PriceUnknown
from providers.pricing import MICRO
from tests.money.paying import (
    CENT,
    a_dollar_each,
    balance,
    close_call,
    make_budget,
    make_model,
    make_record,
    open_and_listen,
    open_call,
)
from tests.support.factories import make_user

if TYPE_CHECKING:
    from accounts.models import User

pytestmark = pytest.mark.usefixtures("catalogue")


def holdings() -> tuple[int, list[int]]:
    held = BudgetAccount.objects.filter(reserved__gt=0).order_by("pk").values_list("reserved", flat=True)
    return UsageRecord.objects.count(), list(held)


def refusal(person: User, **size: Any) -> DomainError:
    """Give the refusal of a call, which leaves nothing behind."""
    before = holdings()
    with pytest.raises(DomainError) as caught:
        open_call(person, **size)
    assert holdings() == before
    return caught.value


# --- what they hold


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


def test_fallback_that_is_the_same_model_ends_the_chain(person: User) -> None:
    """A list may hold a name and the same with ":latest"; whoever asks for the short one gets the first of them."""
    short = make_model("openai/llama3", tiers=a_dollar_each(), position=2)
    make_model("openai/llama3:latest", tiers=a_dollar_each(), position=1, fallback=short)
    budget = make_budget(100_000)
    open_call(person, prompt=100, output=50, model="openai/llama3")
    assert balance(budget) == (0, 150 + 50)


def test_exhausted_budget_names_itself_its_limit_and_its_renewal(person: User) -> None:
    make_model(tiers=a_dollar_each())
    budget = make_budget(5 * MICRO, scope="person", user=person)
    close_call(open_call(person), 5 * MICRO)
    error = refusal(person)
    assert isinstance(error, BudgetExhausted)
    renewal = periods.next_month(periods.today())
    assert error.message == (
        f"Your budget for this month ($5.00) is used up. It renews on {renewal.day} {renewal:%B}. "
        "A cheaper model may still answer."
    )
    until = (periods.midnight(renewal) - datetime.now(UTC)).total_seconds()
    assert error.retry_after == pytest.approx(until, abs=30)
    assert balance(budget) == (5 * MICRO, 0)


def test_little_that_is_left_is_named(person: User) -> None:
    make_model(tiers=a_dollar_each())
    make_budget(5 * MICRO, scope="each", period="day")
    close_call(open_call(person), 5 * MICRO - CENT)
    message = refusal(person, output=2 * CENT).message
    assert message.startswith("Your budget for today ($5.00) has $0.01 left, and this answer may cost up to $0.02")
    assert message.endswith("It renews at midnight (UTC). A cheaper model may still answer.")


def test_money_set_aside_for_others_is_named(person: User) -> None:
    make_model(tiers=a_dollar_each())
    group = Group.objects.create(name="Teachers")
    person.groups.add(group)
    make_budget(1_000, scope="group", group=group)
    open_call(person, prompt=0, output=900)
    error = refusal(person, prompt=0, output=900)
    assert error.message == (
        "The budget of the group Teachers for this month ($0.001) is set aside for answers that are being written. "
        "Wait for one of them to end."
    )
    assert error.retry_after == MOMENT


@pytest.mark.parametrize("periods_made", [("day", "month"), ("month", "day")])
def test_budget_that_does_not_cover_the_call_is_named(person: User, periods_made: tuple[str, str]) -> None:
    make_model(tiers=a_dollar_each())
    limits = {"day": 60_000, "month": 70_000}
    for period in periods_made:
        make_budget(limits[period], scope="each", period=period)
    error = refusal(person, prompt=0, output=65_000)
    assert error.message.startswith("Your budget for today ($0.06) has $0.06 left, and this answer")
    assert error.retry_after is not None
    assert MOMENT < error.retry_after <= 24 * 60 * 60


def test_of_several_budgets_the_one_that_takes_longest_is_named(person: User) -> None:
    make_model(tiers=a_dollar_each())
    make_budget(500, scope="each", period="day")
    make_budget(600, scope="site", period="month")
    assert refusal(person, prompt=0, output=601).message.startswith("The budget of this site for this month")
    open_call(person, prompt=0, output=400)
    assert refusal(person, prompt=0, output=501).message.startswith("Your budget for today ($0.0005) has")


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


def test_unknown_price_of_a_fallback_names_both_models(person: User) -> None:
    spare = make_model("openai/spare")
    make_model(tiers=a_dollar_each(), fallback=spare)
    make_budget(1_000)
    assert refusal(person).message.startswith(
        "What spare costs is not known here, so gpt-5.5, which falls back to it, cannot be used under a budget."
    )


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
    before = periods.midnight(periods.today().replace(day=1)) - timedelta(seconds=1)
    make_record(person, cost=5_000, at=before)
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


def test_budget_that_was_off_keeps_what_running_calls_hold(person: User) -> None:
    make_model(tiers=a_dollar_each())
    budget = make_budget(1_000)
    before = open_call(person, prompt=0, output=600)
    budget.enabled = False
    save_budget(budget)
    close_call(open_call(person), 0, 300)
    budget.enabled = True
    save_budget(budget)
    assert balance(budget) == (300, 600)
    assert refusal(person, prompt=0, output=101).code == "budget_exhausted"
    close_call(before, 0, 500)
    assert balance(budget) == (800, 0)


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


def use(user: User, tokens: int) -> list[str]:
    """Ask once, let it cost so much, and give what the person was told when they asked."""
    subject, told = open_and_listen(user)
    close_call(subject, tokens)
    return told


def test_person_is_told_once_after_eighty_percent(person: User) -> None:
    make_model(tiers=a_dollar_each())
    make_budget(MICRO, scope="each")
    assert use(person, 799_999) == []
    assert use(person, 1) == []
    [told] = use(person, 1)
    assert told.startswith("Your budget for this month ($1.00): 80 % used. It renews on")
    assert use(person, 1) == []


def test_refused_question_leaves_the_telling_to_the_next(person: User) -> None:
    make_model(tiers=a_dollar_each())
    make_budget(1_000)
    use(person, 900)
    assert refusal(person, prompt=0, output=101).code == "budget_exhausted"
    [told] = use(person, 1)
    assert told.startswith("The budget of this site for this month ($0.001): 90 % used.")


def test_higher_limit_can_be_told_of_again(person: User) -> None:
    make_model(tiers=a_dollar_each())
    budget = make_budget(1_000)
    use(person, 800)
    assert use(person, 0)
    budget.limit = 10_000
    save_budget(budget)
    assert use(person, 7_200) == []
    assert use(person, 0)
