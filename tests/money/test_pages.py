"""What people see of their use, and operators of everybody's."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import Group, Permission
from django.db import connections
from django.urls import reverse

from chatproject.database import in_database
from providers.models import ApiKey, Budget, BudgetAccount, Provider, UsageRecord
from providers.money import periods
from providers.money.charts import draw_days
from providers.money.reports import Total, find_records, report_month, report_people
from tests.money.paying import make_budget, make_record
from tests.support.factories import make_user

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from django.test import AsyncClient, Client
    from pytest_django import DjangoAssertNumQueries

    from accounts.models import User

pytestmark = pytest.mark.django_db

USAGE = "/accounts/settings/usage/"


def last_month() -> datetime:
    return periods.midnight(periods.previous_month(periods.today())) + timedelta(days=3, hours=12)


@pytest.fixture
def accountant(db: None) -> User:
    """Give somebody of the staff who may look at the ledger, and nothing else."""
    user = make_user("accountant@example.org", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_usagerecord"))
    return user


# --- one's own


def test_usage_page_sums_only_ones_own_calls(alice: User, bob: User, client: Client) -> None:
    make_record(alice)
    make_record(alice, model="openai/mini", cost=None, is_estimated=True)
    make_record(bob, model="openai/secret", cost=77_000_000)
    client.force_login(alice)
    page = client.get(USAGE).content.decode()
    assert "over $1.00" in page
    assert "Of 1 call the price is not known; it is not in the cost." in page
    assert "Of 1 call the tokens are estimated: its provider did not count them to the end." in page
    assert "<td>not known</td>" in page
    assert "77.00" not in page
    assert "secret" not in page


def test_same_name_at_two_providers_is_told_apart(alice: User, client: Client) -> None:
    for model in ("openai/twin", "lab/twin", "lab/only"):
        make_record(alice, model=model)
    client.force_login(alice)
    named = [name for name, _ in client.get(USAGE).context["models"]]
    assert sorted(named) == ["only", "twin (lab)", "twin (openai)"]


def test_usage_page_turns_to_other_months(alice: User, bob: User, client: Client) -> None:
    make_record(alice, cost=3_000_000, at=last_month())
    client.force_login(alice)
    page = client.get(USAGE).content.decode()
    assert "Nothing was used in" in page
    assert f"?month={last_month():%Y-%m}" in page
    assert "$3.00" in client.get(USAGE, {"month": f"{last_month():%Y-%m}"}).content.decode()
    client.force_login(bob)
    assert "?month=" not in client.get(USAGE).content.decode()


@pytest.mark.parametrize("month", ["2026-13", "nonsense", "0000-01", "2026-11-01", "1'--", "9999-01"])
def test_month_that_is_none_is_explained(alice: User, client: Client, month: str) -> None:
    client.force_login(alice)
    answer = client.get(USAGE, {"month": month})
    assert answer.status_code == (404 if month == "9999-01" else 400)
    assert "month" in answer.content.decode()


def test_usage_page_shows_the_budgets_that_hold(alice: User, bob: User, client: Client) -> None:
    make_record(alice)
    make_budget(1_200_000, scope="each")
    make_budget(999_000_000, scope="person", user=bob)
    client.force_login(alice)
    page = client.get(USAGE).content.decode()
    assert "Your budget for this month" in page
    assert "$1.00 of $1.20" in page
    assert "Nearly used up." in page
    assert "999.00" not in page
    assert not BudgetAccount.objects.exists()


def test_usage_page_needs_few_statements(
    alice: User, client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    make_budget(5_000_000)
    for number in range(20):
        make_record(alice, model=f"openai/model-{number}")
    client.force_login(alice)
    with django_assert_max_num_queries(8):
        client.get(USAGE)


# --- sums and charts


def test_month_is_summed_by_day_in_utc(alice: User, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    month = periods.previous_month(periods.today())
    first, after = periods.midnight(month), periods.midnight(periods.next_month(month))
    make_record(alice, cost=1, at=first)
    make_record(alice, cost=2, at=after - timedelta(seconds=1))
    make_record(alice, cost=4, at=after)
    make_record(alice, cost=8, at=first - timedelta(seconds=1))
    with django_assert_num_queries(1):
        report = report_month(month, find_records(month))
    assert report.total.cost == 3
    assert (report.days[0].cost, report.days[-1].cost) == (1, 2)
    assert [day.key for day in report.days] == [month + timedelta(days=number) for number in range(len(report.days))]


def test_people_and_keys_are_summed_whole(alice: User, bob: User) -> None:
    records = [make_record(person, cost=cost) for person, cost in ((alice, 1), (bob, 5), (alice, 2), (bob, 5))]
    UsageRecord.objects.filter(pk=records[0].pk).update(user=None)
    month = periods.today().replace(day=1)
    people = report_people(find_records(month))
    assert [(one.key, one.calls, one.cost) for one in people] == [(bob.email, 2, 10), (alice.email, 1, 2), (None, 1, 1)]
    (key,) = report_month(month, find_records(month)).keys
    assert (key.key, key.calls, key.cost) == (None, 4, 13)


def test_calls_that_are_open_are_in_no_sum(alice: User) -> None:
    record = make_record(alice)
    UsageRecord.objects.filter(pk=record.pk).update(settled_at=None)
    month = periods.today().replace(day=1)
    assert report_month(month, find_records(month)).total.calls == 0


def test_chart_shows_every_day_in_proportion() -> None:
    days = [Total(periods.today() + timedelta(days=number), 1, cost) for number, cost in enumerate((0, 1, 100, 199))]
    chart = draw_days(days)
    assert [bar.height for bar in chart.bars] == [0, 1.5, 50, 99.5]
    assert [bar.top + bar.height for bar in chart.bars] == [100] * 4
    assert chart.top == "$0.0002"
    assert "On 3 days something was used" in chart.summary


def test_chart_of_free_models_shows_tokens() -> None:
    chart = draw_days([Total(periods.today(), 1, 0, 400, 100)])
    assert (chart.title, chart.top) == ("Tokens by day", "500 tokens")


# --- everybody's


def test_operators_see_everybody(admin_client: Client, alice: User, bob: User) -> None:
    provider = Provider.objects.create(slug="openai", kind="openai", label="OpenAI")
    key = ApiKey.objects.create(provider=provider, label="team", last4="a1b2", fingerprint="x")
    make_record(alice, cost=1_250_000, key=key)
    make_record(bob, cost=2_000_000, model="openai/mini")
    make_record(None, cost=4_000_000)
    address = reverse("admin:providers_usagerecord_month")
    page = admin_client.get(address).content.decode()
    for words in ("alice@example.org", "bob@example.org", "Deleted accounts", "OpenAI …a1b2 team", "$7.25"):
        assert words in page
    filtered = admin_client.get(address, {"person": "ALICE@example.org"}).content.decode()
    assert "$1.25" in filtered
    assert "bob@example.org" not in filtered
    assert "$1.25" in admin_client.get(address, {"key": key.pk}).content.decode()
    assert "$7.25" not in admin_client.get(address, {"model": "openai/mini"}).content.decode()
    assert admin_client.get(address, {"key": "1 or 1"}).status_code == 400
    assert admin_client.get(address, {"purpose": "nonsense"}).status_code == 400


@pytest.mark.parametrize("name", ["month", "export", "changelist"])
def test_ledger_needs_its_permission(accountant: User, client: Client, name: str) -> None:
    address = reverse(f"admin:providers_usagerecord_{name}")
    client.force_login(accountant)
    assert client.get(address).status_code == 200
    client.force_login(make_user("other@example.org", is_staff=True))
    assert client.get(address).status_code == 403
    client.force_login(make_user("nobody@example.org"))
    assert client.get(address).status_code == 302


def test_ledger_cannot_be_changed_by_anybody(admin_client: Client, alice: User) -> None:
    record = make_record(alice)
    assert admin_client.get(reverse("admin:providers_usagerecord_add")).status_code == 403
    change = reverse("admin:providers_usagerecord_change", args=[record.pk])
    assert admin_client.get(change).status_code == 200
    assert admin_client.post(change, {"cost": "0"}).status_code == 403
    assert admin_client.post(reverse("admin:providers_usagerecord_delete", args=[record.pk])).status_code == 403
    action = {"action": "delete_selected", "_selected_action": str(record.pk), "post": "yes"}
    admin_client.post(reverse("admin:providers_usagerecord_changelist"), action)
    record.refresh_from_db()
    assert record.cost == 1_000_000


@pytest.fixture
async def exporter(async_client: AsyncClient, accountant: User) -> AsyncIterator[AsyncClient]:
    """Sign the accountant in; at the end close what the client's own thread left open."""
    await async_client.aforce_login(accountant)
    yield async_client
    await sync_to_async(connections.close_all)()


async def read(answer: Any) -> list[list[str]]:
    content = b"".join([piece async for piece in answer.streaming_content]).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(content)))


@pytest.mark.django_db(transaction=True)
async def test_export_holds_every_call_of_the_month(exporter: AsyncClient) -> None:
    def prepare() -> None:
        user = make_user("carol@example.org")
        records = [UsageRecord(user=user, model=f"openai/{number}", cost=number) for number in range(2_500)]
        for record in records:
            record.settled_at = datetime.now(UTC)
        UsageRecord.objects.bulk_create(records)
        make_record(user, at=last_month())

    await in_database(prepare)
    answer = await exporter.get(reverse("admin:providers_usagerecord_export"))
    rows = await read(answer)
    assert answer["Content-Disposition"] == f'attachment; filename="usage-{periods.today():%Y-%m}.csv"'
    assert len(rows) == 1 + 2_500
    assert {row[3] for row in rows[1:]} == {f"openai/{number}" for number in range(2_500)}
    assert sorted(row[13] for row in rows[1:])[1] == "0.000001"


@pytest.mark.django_db(transaction=True)
async def test_export_holds_no_cell_that_starts_a_formula(exporter: AsyncClient) -> None:
    starts = ["=", "+", "-", "@", "\t", "\r", "\n", "=cmd|' /C calc'!A0", " =", "＝", "openai/a;=", "openai/a;  @"]

    def prepare() -> None:
        for number, start in enumerate(starts):
            user = make_user(f"{start.strip()[:1]}{number}@example.org")
            make_record(user, model=f"{start}1+1", error_code=start)

    await in_database(prepare)
    rows = await read(await exporter.get(reverse("admin:providers_usagerecord_export")))
    cells = [cell for row in rows for cell in row]
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))] == []
    assert not [cell for cell in cells if re.search(r"(^|[;|\t])\s*[=+@＝-]", cell)]
    assert {"'=1+1", "' =1+1", "openai/a;'=1+1"} <= set(cells)


# --- budgets in the admin


def budget_form(**fields: Any) -> dict[str, Any]:
    return {"scope": "site", "group": "", "user": "", "period": "month", "dollars": "5.00", "enabled": "on", **fields}


def test_budget_is_made_in_dollars(admin_client: Client) -> None:
    admin_client.post(reverse("admin:providers_budget_add"), budget_form(dollars="1250.50"))
    assert Budget.objects.get().limit == 1_250_500_000


@pytest.mark.parametrize("typed", ["5,00", "-1", "nan", "0", "", "five", "1e9"])
def test_amount_that_is_none_is_explained(admin_client: Client, typed: str) -> None:
    page = admin_client.post(reverse("admin:providers_budget_add"), budget_form(dollars=typed)).content.decode()
    assert "errorlist" in page
    assert not Budget.objects.exists()


@pytest.mark.parametrize(
    ("scope", "given", "words"),
    [
        ("group", "", "Choose the group"),
        ("person", "", "Choose the person"),
        ("site", "group", "Leave the group empty"),
        ("site", "user", "Leave the person empty"),
        ("each", "user", "Leave the person empty"),
    ],
)
def test_budget_says_whom_it_is_for(admin_client: Client, alice: User, scope: str, given: str, words: str) -> None:
    values = {"group": Group.objects.create(name="Teachers").pk, "user": str(alice.pk)}
    form = budget_form(scope=scope) | {name: values[name] for name in [given] if name}
    assert words in admin_client.post(reverse("admin:providers_budget_add"), form).content.decode()
    assert not Budget.objects.exists()


def test_new_limit_reaches_the_accounts(admin_client: Client) -> None:
    budget = make_budget(5_000_000)
    account = BudgetAccount.objects.create(budget=budget, starts_on=periods.starts_on("month"), limit=5_000_000)
    change = reverse("admin:providers_budget_change", args=[budget.pk])
    assert "5.00" in admin_client.get(change).content.decode()
    admin_client.post(change, {"dollars": "7", "enabled": "on", "scope": "each"})
    account.refresh_from_db()
    budget.refresh_from_db()
    assert (account.limit, budget.limit, budget.scope) == (7_000_000, 7_000_000, "site")
