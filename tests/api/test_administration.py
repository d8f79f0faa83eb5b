"""What operators do through the API: as in the administration, and no more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from accounts.models import User
from accounts.tokens import Scope, find_bearer
from audit.models import Entry
from providers.money.periods import today
from tests.money.paying import MODEL, make_record
from tests.roles.rows import ROLES, make_role
from tests.roles.table import TABLE
from tests.support.factories import make_user
from tests.support.tokens import bearer, make_token

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer

pytestmark = pytest.mark.django_db
ALIKE = {
    ("GET", "/api/admin/people"): TABLE["accounts.user"]["list"],
    ("GET", "/api/admin/usage"): TABLE["providers.usagerecord"]["providers_usagerecord_month"],
    ("POST", "/api/admin/people/{}/suspend"): TABLE["accounts.user"]["do suspend"],
    ("POST", "/api/admin/people/{}/reinstate"): TABLE["accounts.user"]["do reinstate"],
}
"""Each operation, with the roles that may do the same in the administration."""
EVERYTHING = tuple(ALIKE)


class Desk:
    """Somebody who comes with a token of the scope ``admin``."""

    def __init__(self, person: User, *scopes: Scope) -> None:
        self.person = person
        self._headers = bearer(make_token(person, *(scopes or (Scope.ADMIN,))))

    def ask(self, method: str, path: str) -> Answer:
        return Client().generic(method, path, headers=self._headers)

    def read(self, path: str) -> Any:
        answer = self.ask("GET", path)
        assert answer.status_code == 200, answer.content
        return answer.json()


@pytest.fixture
def operator() -> Desk:
    person = make_user("operator@example.org", is_staff=True)
    person.groups.add(Group.objects.get(name="Operator"))
    return Desk(person)


@pytest.mark.parametrize("role", ROLES)
def test_each_role_may_do_what_it_may_in_the_administration(role: str) -> None:
    desk, address = Desk(make_role(role)), str(make_user().pk)
    may = {path: desk.ask(method, path.format(address)).status_code == 200 for method, path in EVERYTHING}
    assert may == {path: role in roles for (_method, path), roles in ALIKE.items()}


@pytest.mark.parametrize(("method", "path"), EVERYTHING)
def test_it_takes_the_scope_and_the_permission(method: str, path: str, operator: Desk) -> None:
    address = path.format(make_user().pk)
    without_rights = Desk(make_user(is_staff=True))
    without_scope = Desk(operator.person, Scope.READ, Scope.CHAT)
    assert operator.ask(method, address).status_code == 200
    for desk in (without_rights, without_scope):
        answer = desk.ask(method, address)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert Client().generic(method, address).status_code == 401


@pytest.mark.parametrize(("method", "path"), EVERYTHING)
def test_it_ends_when_somebody_is_no_operator_any_more(method: str, path: str, operator: Desk) -> None:
    User.objects.filter(pk=operator.person.pk).update(is_staff=False)
    assert operator.ask(method, path.format(make_user().pk)).status_code == 403


def test_people_come_a_page_at_a_time_the_newest_first(operator: Desk) -> None:
    made = [make_user(f"person-{number}@example.net") for number in range(5)]
    emails, path = [], "/api/admin/people?email=PERSON-&limit=2"
    page = operator.read(path)
    while True:
        emails += [one["email"] for one in page["data"]]
        if page["next"] is None:
            break
        page = operator.read(f"{path}&cursor={page['next']}")
    assert emails == [one.email for one in reversed(made)]


def test_people_are_told_by_whether_they_are_suspended(operator: Desk) -> None:
    gone = make_user("gone@example.org", is_active=False)
    found = operator.read("/api/admin/people?is_active=false")["data"]
    assert [(one["id"], one["email"], one["is_active"]) for one in found] == [(str(gone.pk), gone.email, False)]
    assert "password" not in repr(found)


def test_suspending_closes_the_doors_and_is_in_the_log(operator: Desk) -> None:
    alice = make_user("alice@example.org")
    secret = make_token(alice)
    answer = operator.ask("POST", f"/api/admin/people/{alice.pk}/suspend")
    assert (answer.status_code, answer.json()["is_active"]) == (200, False)
    assert find_bearer(secret) is None
    entry = Entry.objects.get(action="suspend")
    assert (entry.actor_id, entry.target_id, entry.address) == (operator.person.pk, str(alice.pk), "127.0.0.1")
    answer = operator.ask("POST", f"/api/admin/people/{alice.pk}/reinstate")
    assert answer.json()["is_active"] is True
    assert find_bearer(secret)
    assert Entry.objects.filter(action="reinstate").count() == 1


def test_nobody_suspends_themselves_an_operator_or_nobody(operator: Desk) -> None:
    other = make_user(is_staff=True)
    for person, status in ((operator.person.pk, 403), (other.pk, 403), (uuid4(), 404)):
        assert operator.ask("POST", f"/api/admin/people/{person}/suspend").status_code == status
    assert not User.objects.filter(is_active=False).exists()


def test_usage_is_added_up_by_model_person_and_day(operator: Desk) -> None:
    alice, bob = make_user("alice@example.org"), make_user("bob@example.org")
    make_record(alice, prompt_tokens=10, completion_tokens=5, cost=15)
    make_record(alice, prompt_tokens=1, completion_tokens=1, cost=2)
    make_record(bob, prompt_tokens=2, completion_tokens=1, cost=3)
    told = operator.read("/api/admin/usage")
    total = {"calls": 3, "prompt_tokens": 13, "completion_tokens": 7, "cost": 20, "unpriced": 0, "estimated": 0}
    assert told["month"] == f"{today():%Y-%m}"
    assert told["total"] == total
    assert told["models"] == [{**total, "model": MODEL}]
    assert [(one["email"], one["cost"]) for one in told["people"]] == [(alice.email, 17), (bob.email, 3)]
    assert [one["calls"] for one in told["days"] if one["day"] == today().isoformat()] == [3]
    assert operator.read("/api/admin/usage?email=bob@example.org")["total"]["cost"] == 3


@pytest.mark.parametrize(
    "query",
    [
        "people?limit=0",
        "people?email=%00",
        "usage?month=2026-13",
        "usage?month=9999-12",
        "usage?purpose=x",
    ],
)
def test_wrong_questions_are_refused_in_the_shape_of_the_api(operator: Desk, query: str) -> None:
    answer = operator.ask("GET", f"/api/admin/{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")
