"""Budgets in the admin: whom they are for, and how they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.urls import reverse

from providers.models import Budget, BudgetAccount, UsageRecord
from providers.money import periods
from tests.money.paying import make_budget, make_record
from tests.support.factories import make_user

if TYPE_CHECKING:
    from django.test import Client

    from accounts.models import User

pytestmark = pytest.mark.django_db

LIST = reverse("admin:providers_budget_changelist")
ADD = reverse("admin:providers_budget_add")
SEARCH = {"app_label": "providers", "model_name": "budget", "field_name": "user", "term": "alice"}


def change(client: Client, budget: Budget) -> str:
    return str(client.get(reverse("admin:providers_budget_change", args=[budget.pk])).content.decode())


def test_person_of_a_budget_is_found_by_the_address(admin_client: Client, alice: User) -> None:
    page = admin_client.get(ADD).content.decode()
    assert "Person:" in page
    assert "admin-autocomplete" in page
    (found,) = admin_client.get(reverse("admin:autocomplete"), SEARCH).json()["results"]
    assert found == {"id": str(alice.pk), "text": str(alice)}
    form = {"scope": "person", "group": "", "user": found["id"], "period": "month", "dollars": "5", "enabled": "on"}
    admin_client.post(ADD, form)
    assert Budget.objects.get().user == alice
    assert str(alice) in admin_client.get(LIST).content.decode()


def test_people_are_not_found_by_who_may_not_see_them(client: Client, alice: User) -> None:
    treasurer = make_user("treasurer@example.org", is_staff=True)
    treasurer.user_permissions.set(Permission.objects.filter(codename__endswith="_budget"))
    client.force_login(treasurer)
    assert client.get(ADD).status_code == 200
    assert client.get(reverse("admin:autocomplete"), SEARCH).status_code == 403


@pytest.mark.parametrize(("scope", "spent"), [("site", "$3.00"), ("group", "$2.00"), ("person", "$2.00")])
def test_new_budget_says_what_was_spent_before(
    admin_client: Client, alice: User, bob: User, scope: str, spent: str
) -> None:
    teachers = Group.objects.create(name="Teachers")
    alice.groups.add(teachers)
    make_record(alice, cost=2_000_000)
    make_record(bob, cost=1_000_000)
    whom: dict[str, dict[str, Any]] = {"group": {"group": teachers}, "person": {"user": alice}}
    budget = make_budget(5_000_000, scope=scope, **whom.get(scope, {}))
    assert f"{spent} spent" in admin_client.get(LIST).content.decode()
    assert f"{spent} spent" in change(admin_client, budget)
    assert not BudgetAccount.objects.exists()


def test_budget_of_each_person_names_who_spent(admin_client: Client, alice: User, bob: User) -> None:
    make_record(alice, cost=2_000_000)
    make_record(bob, cost=1_000_000)
    budget = make_budget(5_000_000, scope="each")
    starts_on = periods.starts_on("month")
    BudgetAccount.objects.create(budget=budget, holder=str(bob.pk), starts_on=starts_on, limit=1, spent=4_000_000)
    assert "$6.00 spent by 2 people" in admin_client.get(LIST).content.decode()
    assert f"{bob.email}: $4.00 spent<br>{alice.email}: $2.00 spent" in change(admin_client, budget)


def test_budget_of_each_in_a_group_leaves_out_the_others(admin_client: Client, alice: User, bob: User) -> None:
    teachers = Group.objects.create(name="Teachers")
    alice.groups.add(teachers)
    make_record(alice, cost=2_000_000)
    make_record(bob, cost=1_000_000)
    budget = make_budget(5_000_000, scope="each", group=teachers)
    page = change(admin_client, budget)
    assert f"{alice.email}: $2.00 spent" in page
    assert bob.email not in page


@pytest.mark.parametrize(
    ("term", "times"),
    [("Alice@Example.org", 1), ("M-one", 2), ("a/m", 3), ("nobody@example.org", 0), ("m-three", 0), ("", 3)],
)
def test_calls_are_found_by_person_and_model(admin_client: Client, alice: User, term: str, times: int) -> None:
    for user in (alice, None):
        UsageRecord.objects.create(user=user, model="a/m-one", subject=uuid4())
    UsageRecord.objects.create(user=None, model="a/m-two")
    found = admin_client.get("/admin/providers/usagerecord/", {"q": term}).context["cl"].result_list
    assert len(found) == times


def test_calls_are_found_by_the_answer_they_were_for(admin_client: Client) -> None:
    made = [UsageRecord.objects.create(model="a/m", subject=uuid4()) for _ in range(2)]
    found = admin_client.get("/admin/providers/usagerecord/", {"q": f" {made[0].subject} "}).context["cl"].result_list
    assert list(found) == [made[0]]


@pytest.mark.parametrize(
    ("lookup", "index"), [("subject", "usage_of_subject"), ("model", "usage_of_model"), ("model__gt", "usage_of_model")]
)
def test_search_for_calls_goes_along_an_index(lookup: str, index: str) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")  # which an empty table would be read by
    wanted = uuid4() if lookup == "subject" else "a/m"
    assert index in UsageRecord.objects.filter(**{lookup: wanted}).order_by("model").explain()
