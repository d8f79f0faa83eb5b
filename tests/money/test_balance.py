"""However calls come and go, together or one after the other: what is reserved is spent or given back."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from django.contrib.auth.models import Group
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatproject.database import in_database
from providers.models import BudgetAccount, Outcome, UsageRecord
from providers.money.ledger import BudgetExhausted, Call, settle, settle_abandoned
from providers.port import Usage
from tests.money.paying import MODEL, a_dollar_each, close_call, make_budget, make_model, open_call
from tests.support.factories import make_user

if TYPE_CHECKING:
    from uuid import UUID

    from accounts.models import User

pytestmark = pytest.mark.usefixtures("catalogue")

PEOPLE = 3
LIMITS = {"site": 4_000, "group": 2_500, "each": 1_500}

sizes = st.integers(0, 600)
begin = st.tuples(st.just("begin"), st.integers(0, PEOPLE - 1), sizes, sizes)
end = st.tuples(st.sampled_from(["complete", "stopped", "no call", "abandoned"]), st.integers(0, 30), sizes, sizes)
stories = st.lists(begin | end, max_size=40)


@pytest.fixture
def people(catalogue: None) -> list[User]:
    """Three people under three budgets; two of them are a group."""
    made = [make_user() for _ in range(PEOPLE)]
    group = Group.objects.create(name="Teachers")
    group.user_set.set(made[:2])
    make_model(tiers=a_dollar_each())
    make_budget(LIMITS["site"])
    make_budget(LIMITS["group"], scope="group", group=group)
    make_budget(LIMITS["each"], scope="each", period="day")
    return made


def finish(how: str, subject: UUID, used: Usage) -> None:
    with transaction.atomic():
        if how == "abandoned":
            settle_abandoned(subject)
        elif how == "no call":
            settle(subject, [])
        else:
            failed = Call(MODEL, None, None, Outcome.FAILED, "provider_unavailable")
            settle(subject, [failed, Call(MODEL, None, used, Outcome(how))])


def assert_balanced() -> None:
    """Compare every account with the records that name it."""
    spent: defaultdict[int, int] = defaultdict(int)
    reserved: defaultdict[int, int] = defaultdict(int)
    for record in UsageRecord.objects.all():
        for account in record.accounts:
            spent[account] += record.cost or 0
            reserved[account] += record.reserved if record.settled_at is None else 0
    for account in BudgetAccount.objects.all():
        assert (account.spent, account.reserved) == (spent[account.pk], reserved[account.pk])
        assert account.spent + account.reserved <= account.limit


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=stories)
def test_accounts_always_balance_with_the_ledger(people: list[User], story: list[tuple[str, int, int, int]]) -> None:
    UsageRecord.objects.all().delete()
    BudgetAccount.objects.all().delete()
    begun: list[UUID] = []
    for what, number, prompt, completion in story:
        if what == "begin":
            with suppress(BudgetExhausted):
                begun.append(open_call(people[number], prompt=prompt, output=completion))
        elif number < len(begun):
            reserved = UsageRecord.objects.filter(subject=begun[number]).values_list("reserved", flat=True).first() or 0
            finish(what, begun[number], Usage(min(prompt, reserved), min(completion, max(0, reserved - prompt))))
        assert_balanced()
    for subject in begun:
        finish("stopped", subject, Usage(0, 0))
    assert_balanced()
    assert set(BudgetAccount.objects.values_list("reserved", flat=True)) <= {0}


async def test_calls_at_once_reserve_no_more_than_there_is(people: list[User]) -> None:
    def try_to_open(number: int) -> UUID | None:
        try:
            return open_call(people[number % PEOPLE], prompt=0, output=100)
        except BudgetExhausted:
            return None

    tries = await asyncio.gather(*(in_database(try_to_open, number) for number in range(90)))
    # The group of two holds 25 calls, and the third person's own budget 15.
    assert sum(1 for subject in tries if subject) == 40
    await in_database(assert_balanced)


async def test_calls_that_end_at_once_are_settled_once(people: list[User]) -> None:
    subject = await in_database(open_call, people[0], prompt=100, output=100)
    settled = await asyncio.gather(*(in_database(close_call, subject, 100, number) for number in range(20)))
    assert len([one for one in settled if one.cost is not None]) == 1
    await in_database(assert_balanced)


async def test_begins_and_ends_at_once_balance(people: list[User]) -> None:
    async def live(number: int) -> None:
        person = people[number % PEOPLE]
        try:
            subject = await in_database(open_call, person, prompt=10, output=50)
        except BudgetExhausted:
            return
        await in_database(close_call, subject, 10, number % 50)

    await asyncio.gather(*(live(number) for number in range(60)))
    await in_database(assert_balanced)
    reserved = await in_database(lambda: set(BudgetAccount.objects.values_list("reserved", flat=True)))
    assert reserved == {0}
