"""What all lists of the admin have in common: what they can be asked for, and how much one action takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit import admin as audited
from audit.models import Entry
from moderation.models import Direction, Incident, Kind, SensitiveWord, State
from tests.roles.rows import make_rows
from tests.support.factories import make_user

if TYPE_CHECKING:
    from django.db.models import Model
    from django.test import Client

    from accounts.models import User

pytestmark = pytest.mark.django_db
PAGES = sorted(admin.site._registry, key=lambda model: model._meta.label)
QUEUE = reverse("admin:moderation_incident_changelist")
WORDS = reverse("admin:moderation_sensitiveword_changelist")


@pytest.fixture
def operator(client: Client) -> User:
    user = make_user("operator@example.org", is_staff=True, is_superuser=True)
    client.force_login(user)
    return user


def list_of(model: type[Model]) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def offered(client: Client, model: type[Model]) -> list[str]:
    """List the query strings behind the filters of a list."""
    changelist = client.get(list_of(model)).context["cl"]
    return [choice["query_string"] for spec in changelist.filter_specs for choice in spec.choices(changelist)]


def filtered(model: type[Model]) -> set[str]:
    """Name the fields that a list filters by."""
    named = (one[0] if isinstance(one, tuple) else one for one in admin.site._registry[model].list_filter)
    return {one if isinstance(one, str) else getattr(one, "parameter_name", "").split("__")[0] for one in named}


def make_incidents(count: int) -> None:
    for _ in range(count):
        word = SensitiveWord.objects.create(pattern=f"word {SensitiveWord.objects.count()}")
        Incident.objects.create(kind=Kind.HIT, person=make_user(), direction=Direction.INPUT, rule=word)


@pytest.mark.usefixtures("operator")
@pytest.mark.parametrize("model", PAGES, ids=lambda model: model._meta.label_lower)
def test_list_tells_nothing_of_fields_that_it_does_not_filter_by(client: Client, model: type[Model]) -> None:
    fields = {one.name for one in model._meta.get_fields()} - filtered(model)
    assert fields
    asked = [f"{name}{end}" for name in fields for end in ("", "__exact", "__startswith", "__regex", "__gte")]
    answered = [lookup for lookup in asked if client.get(list_of(model), {lookup: "a"}).status_code != 400]
    assert answered == []


@pytest.mark.usefixtures("operator")
@pytest.mark.parametrize("model", PAGES, ids=lambda model: model._meta.label_lower)
def test_list_takes_no_patterns_and_follows_no_relations(client: Client, model: type[Model]) -> None:
    ends = ("regex", "iregex", "startswith", "contains", "user__password", "person__password", "provider__slug")
    asked = [f"{name}__{end}" for name in filtered(model) for end in ends]
    answered = [lookup for lookup in asked if client.get(list_of(model), {lookup: "(a|a)*$"}).status_code != 400]
    assert answered == []


@pytest.mark.usefixtures("operator")
@pytest.mark.parametrize("model", PAGES, ids=lambda model: model._meta.label_lower)
def test_list_answers_every_filter_that_it_offers(client: Client, model: type[Model]) -> None:
    make_rows()
    refused = [query for query in offered(client, model) if client.get(list_of(model) + query).status_code != 200]
    assert refused == []


@pytest.mark.usefixtures("operator")
def test_list_filters_by_what_it_offers(client: Client) -> None:
    make_incidents(1)
    links = [query for query in offered(client, Incident) if "kind__exact=" in query]
    shown = {query: len(client.get(QUEUE + query).context["cl"].result_list) for query in links}
    assert sorted(shown.values()) == [0, 0, 1]


@pytest.mark.usefixtures("operator")
def test_action_on_all_takes_all_of_the_list(client: Client) -> None:
    make_incidents(3)
    Incident.objects.filter(pk=Incident.objects.latest("pk").pk).update(state=State.CONFIRMED)
    chosen = {"action": "dismiss", "_selected_action": [Incident.objects.earliest("pk").pk], "select_across": "1"}
    client.post(QUEUE, chosen)
    states = Incident.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == ["dismissed", "dismissed", "confirmed"], "the list shows the open ones"
    assert Entry.objects.filter(action="dismiss").count() == 2


@pytest.mark.usefixtures("operator")
@pytest.mark.parametrize("across", ["1", "yes"])
def test_action_on_all_takes_no_more_than_the_list_counts(
    client: Client, monkeypatch: pytest.MonkeyPatch, across: str
) -> None:
    monkeypatch.setattr(audited, "MOST_COUNTED", 2)
    make_incidents(3)
    assert client.get(QUEUE).context["cl"].result_count == 2
    chosen = {"action": "confirm", "_selected_action": [Incident.objects.earliest("pk").pk], "select_across": across}
    told = client.post(QUEUE, chosen, follow=True).content.decode()
    assert "One action takes 2 rows" in told
    states = Incident.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == ["open", "confirmed", "confirmed"], "the first of the list are the newest"
    assert Entry.objects.count() == 2


@pytest.mark.usefixtures("operator")
def test_deleting_all_asks_about_no_more_than_it_can_post(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audited, "MOST_DELETED", 2)
    make_incidents(3)
    chosen = {"action": "delete_selected", "_selected_action": [1], "select_across": "1"}
    asked = client.post(WORDS, chosen).content.decode()
    assert asked.count('name="_selected_action"') == 2
    assert "One action takes 2 rows" in asked


@pytest.mark.usefixtures("operator")
@pytest.mark.parametrize("action", ["confirm", "delete_selected"])
def test_action_on_many_asks_the_database_as_often_as_on_one(client: Client, action: str) -> None:
    def act(count: int) -> None:
        make_incidents(count)
        chosen = list(Incident.objects.filter(state=State.OPEN).values_list("pk", flat=True))
        with CaptureQueriesContext(connection) as queries:
            client.post(QUEUE, {"action": action, "_selected_action": chosen, "post": "yes"})
        counts.append(len(queries))

    counts: list[int] = []
    for count in (1, 1, 40):
        act(count)
    assert counts[2] == counts[1]
    assert Entry.objects.count() == 42
