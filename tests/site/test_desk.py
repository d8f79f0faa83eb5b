"""The operators' first page: true figures, drawn for those who may see them, whatever is away."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.core.cache import caches
from django.core.management import call_command
from django.db import connection
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from uuid_utils.compat import uuid7

from accounts.presence import Presence, count_present
from chatproject.desk import figures
from chatproject.desk.tiles import PLACES
from chatproject.ids import id_at
from conversations.models import Message, Role
from moderation.models import Direction, Incident, Kind, State
from providers.models import Outcome, UsageRecord
from providers.money import periods
from providers.money.dollars import format_dollars
from tests.roles.rows import ROLES, make_role
from tests.support.factories import make_conversation, make_message, make_user

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client

    from accounts.models import User

pytestmark = pytest.mark.django_db

SEEN = {
    "People on now": "SOMAR",
    "Messages a minute": "SOMR",
    "First token": "SOAR",
    "Errors by provider": "SOR",
    "Cost by day": "SOAR",
    "Open incidents": "SOMR",
}


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    for name in ("default", "ratelimit"):
        caches[name].clear()
    yield
    for name in ("default", "ratelimit"):
        caches[name].clear()


def make_answer(user: User, wait: int | None, *, minutes_ago: int = 0, source: str = "") -> Message:
    moment = timezone.now() - timedelta(minutes=minutes_ago)
    fields: dict[str, Any] = {
        "id": id_at(moment),
        "created_at": moment,
        "first_token_ms": wait,
        "source": source,
    }
    return make_message(make_conversation(user), role=Role.ASSISTANT, **fields)


@pytest.mark.parametrize("role", ROLES)
def test_everybody_sees_the_tiles_that_are_theirs(client: Client, role: str) -> None:
    client.force_login(make_role(role))
    page = client.get("/admin/").content.decode()
    shown = re.findall(r'<h2 id="tile-\d">(?:<a [^>]*>)?([^<]+)', page)
    assert shown == [place.title for place in PLACES if role in SEEN[place.title]]
    assert not re.search(r"<style|\sstyle=|<script(?![^>]*\ssrc=)|\son[a-z]+=", page)


def test_who_is_not_of_the_staff_sees_no_tile(client: Client, alice: User) -> None:
    client.force_login(alice)
    assert client.get("/admin/").status_code == 302


def test_people_are_counted_once_over_all_processes() -> None:
    one, two, both = uuid4(), uuid4(), uuid4()
    first, second = Presence(), Presence()
    first.tell([one, both])
    second.tell([two, both])
    assert count_present() == 3
    first.tell([])
    assert count_present() == 2


def test_least_id_of_a_moment_is_below_those_made_then_and_above_earlier_ones() -> None:
    before = uuid7()
    moment = timezone.now() + timedelta(milliseconds=1)
    assert before < id_at(moment)
    assert id_at(moment) <= id_at(moment + timedelta(milliseconds=1))
    assert id_at(timezone.now() - timedelta(milliseconds=2)) < uuid7()


def test_questions_are_counted_by_the_minute(alice: User) -> None:
    conversation = make_conversation(alice)
    for role in (Role.USER, Role.ASSISTANT, Role.USER):
        make_message(conversation, role=role)
    minutes = figures.questions_by_minute()
    assert (len(minutes), sum(minutes.values())) == (60, 2)


def test_waits_leave_out_what_no_model_answered_and_what_is_long_ago(alice: User) -> None:
    make_answer(alice, 400)
    make_answer(alice, 800, minutes_ago=20)
    make_answer(alice, 1, minutes_ago=1, source="faq")
    make_answer(alice, None, minutes_ago=2)
    make_answer(alice, 9000, minutes_ago=90)
    assert sorted(wait for some in figures.waits_by_five_minutes().values() for wait in some) == [400, 800]


def test_median_and_tail_are_those_of_the_waits() -> None:
    assert figures.median_and_tail([]) == (0, 0)
    assert figures.median_and_tail([7]) == (7, 7)
    assert figures.median_and_tail(range(1, 102)) == (51, 91)


def test_errors_are_counted_by_provider_and_code() -> None:
    for model, code in [("a/m", "timeout"), ("a/n", "timeout"), ("a/m", "refused"), ("b/m", "timeout"), ("b/m", "")]:
        UsageRecord.objects.create(model=model, error_code=code, outcome=Outcome.FAILED)
    found = figures.errors_by_provider()
    assert {name: dict(codes) for name, codes in found.items()} == {
        "a": {"timeout": 2, "refused": 1},
        "b": {"timeout": 1},
    }


def test_many_providers_have_room_and_are_all_told(client: Client) -> None:
    for number in range(7):
        for _ in range(8 - number):
            UsageRecord.objects.create(model=f"local-number-{number}/m", error_code="timeout", outcome=Outcome.FAILED)
    client.force_login(make_user("chief@example.org", is_staff=True, is_superuser=True))
    page = client.get("/admin/").content.decode()
    assert page.count("<li>local-nu…</li>") == 4
    assert "<title>3 others: 9</title>" in page
    assert all(f"<li>local-number-{number}: timeout {8 - number}</li>" in page for number in range(7))


def test_nothing_spent_is_drawn_on_no_scale(client: Client) -> None:
    client.force_login(make_user("chief@example.org", is_staff=True, is_superuser=True))
    page = client.get("/admin/").content.decode()
    assert "today; $0.00 in the last 14 days" in page
    assert "$0.000001" not in page


def test_cost_is_that_of_each_day() -> None:
    for cost, days in [(5, 0), (7, 0), (11, 3), (None, 0), (13, figures.DAYS + 1)]:
        made = UsageRecord.objects.create(model="a/m", cost=cost)
        UsageRecord.objects.filter(pk=made.pk).update(created_at=timezone.now() - timedelta(days=days))
    costs = figures.cost_by_day()
    assert len(costs) == figures.DAYS
    assert (costs[periods.today()], costs[periods.today() - timedelta(days=3)], sum(costs.values())) == (12, 11, 23)


def test_incidents_are_counted_open_and_by_day(alice: User) -> None:
    for state in (State.OPEN, State.OPEN, State.DISMISSED):
        Incident.objects.create(kind=Kind.HIT, person=alice, direction=Direction.INPUT, state=state)
    assert figures.count_open_incidents() == 2
    assert figures.incidents_by_day()[periods.today()] == 3


def test_clocks_are_those_of_the_operators_browser(client: Client, alice: User) -> None:
    client.force_login(make_user("chief@example.org", is_staff=True, is_superuser=True))
    make_answer(alice, 400)
    pages = []
    for zone, hours in (("Asia/Kolkata", 5.5), ("Nobody/Nowhere", 0), ("Asia/Kolkata", 5.5)):
        client.cookies["timezone"] = zone
        pages.append(client.get("/admin/").content.decode())
        quarter = timezone.now() + timedelta(hours=hours)
        last = quarter.replace(minute=quarter.minute // 15 * 15)
        shown = set(re.findall(r"<li>(\d\d:\d\d)</li>", pages[-1]))
        assert f"{last:%H:%M}" in shown or f"{last + timedelta(minutes=15):%H:%M}" in shown
    assert "(IST)" in pages[0]
    assert "(UTC)" in pages[1]
    assert set(re.findall(r"\d\d:\d\d: ", pages[0])) != set(re.findall(r"\d\d:\d\d: ", pages[1]))


def test_tiles_tell_what_the_rows_say(client: Client) -> None:
    call_command("seed_demo", messages=6000, incidents=400)
    client.force_login(make_user("chief@example.org", is_staff=True, is_superuser=True))
    first = periods.midnight(periods.today() - timedelta(days=figures.DAYS - 1))
    calls = UsageRecord.objects.filter(created_at__gte=first)
    failed = UsageRecord.objects.filter(created_at__gte=timezone.now() - figures.DAY).exclude(error_code="")
    waiting = Incident.objects.filter(state=State.OPEN).count()
    came = Incident.objects.filter(created_at__gte=first).count()
    tiles = client.get("/admin/").content.decode().split('<section class="tile"')[1:]
    told = {re.findall(r'<h2 id="tile-\d">(?:<a [^>]*>)?([^<]+)', tile)[0]: tile for tile in tiles}
    assert f"{format_dollars(calls.aggregate(sum=Sum('cost'))['sum'])} in the last 14 days" in told["Cost by day"]
    assert f">{failed.count():,}</p>" in told["Errors by provider"]
    assert f">{waiting:,}</p>" in told["Open incidents"]
    assert f"; {came:,} came in the last 14 days" in told["Open incidents"]
    days = re.findall(r"<li>\d+ \w+: ([\d,]+)</li>", told["Open incidents"])
    assert sum(int(day.replace(",", "")) for day in days) == came


def test_second_look_asks_the_database_for_no_figure(client: Client) -> None:
    client.force_login(make_user("chief@example.org", is_staff=True, is_superuser=True))
    with CaptureQueriesContext(connection) as first:
        client.get("/admin/")
    with CaptureQueriesContext(connection) as second:
        client.get("/admin/")
    tables = ("conversations_message", "providers_usagerecord", "moderation_incident")
    assert all(any(f'FROM "{table}"' in query["sql"] for query in first) for table in tables)
    assert not any(f'FROM "{table}"' in query["sql"] for table in tables for query in second)
