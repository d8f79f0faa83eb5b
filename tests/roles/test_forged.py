"""Forms that no page of ours shows: what a role may not do by the table, it cannot do by any post either."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.urls import reverse

from accounts.models import User
from audit.models import Entry
from audit.snapshots import picture_rows
from conversations.models import Preset
from providers.models import LanguageModel, Price
from tests.roles.rows import ROLES, make_role, make_rows
from tests.roles.table import TABLE
from tests.roles.test_table import address
from tests.support.factories import make_user

if TYPE_CHECKING:
    from django.db.models import Model
    from django.test import Client

pytestmark = pytest.mark.django_db
NOT_SUPERUSERS = [role for role in ROLES if role != "S"]
PASSWORD = "a quiet river for nobody"


def all_rights(group: Group) -> dict[str, Any]:
    """Give the fields that would make somebody an operator with all rights."""
    permissions = list(Permission.objects.values_list("pk", flat=True)[:5])
    return {"is_staff": "on", "is_superuser": "on", "groups": [group.pk], "user_permissions": permissions}


def rights() -> dict[str, Any]:
    """Look at everybody's rights and passwords, and at those of every group."""
    people = picture_rows(User.objects.all(), without=["last_login", "name"])
    return {str(key): picture.values for key, picture in {**people, **picture_rows(Group.objects.all())}.items()}


def contents(rows: dict[str, Model]) -> dict[str, Any]:
    """Look at all rows of all kinds that the table names."""
    return {label: picture_rows(type(row)._base_manager.all(), without=["last_login"]) for label, row in rows.items()}


@pytest.mark.parametrize("role", NOT_SUPERUSERS)
@pytest.mark.parametrize("whom", ["themselves", "a plain person", "a superuser", "another operator"])
def test_nobody_gives_rights(client: Client, role: str, whom: str) -> None:
    me = make_role(role)
    others = {
        "themselves": me,
        "a plain person": make_user(),
        "a superuser": make_user(is_staff=True, is_superuser=True),
        "another operator": make_user(is_staff=True),
    }
    client.force_login(me)
    before, person = rights(), others[whom]
    forged = {"email": person.email, "is_active": "on", **all_rights(Group.objects.get(name="Operator"))}
    client.post(reverse("admin:accounts_user_change", args=[person.pk]), forged)
    client.post(reverse("admin:accounts_user_change", args=[person.pk]), {**forged, "_saveasnew": "1"})
    assert rights() == before


@pytest.mark.parametrize("role", NOT_SUPERUSERS)
def test_nobody_makes_an_operator(client: Client, role: str) -> None:
    client.force_login(make_role(role))
    form = {"email": "new@example.org", "usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
    forged = {**form, **all_rights(Group.objects.get(name="Operator"))}
    client.post(reverse("admin:accounts_user_add"), forged)
    made = User.objects.filter(email="new@example.org").first()
    assert (made is not None) == (role == "O")
    if made:
        given = [*made.groups.all(), *made.user_permissions.all()]
        assert (made.is_operator, given) == (False, [])


@pytest.mark.parametrize("role", NOT_SUPERUSERS)
def test_nobody_takes_over_or_locks_out_an_operator(client: Client, role: str) -> None:
    chief = make_user("chief@example.org", is_staff=True, is_superuser=True)
    client.force_login(make_role(role))
    before = rights()
    passwords = {"password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"}
    client.post(reverse("admin:auth_user_password_change", args=[chief.pk]), passwords)
    client.post(reverse("admin:accounts_user_change", args=[chief.pk]), {"email": "mine@example.org"})
    client.post(reverse("admin:accounts_user_delete", args=[chief.pk]), {"post": "yes"})
    for action in ("suspend", "delete_selected"):
        chosen = {"action": action, "_selected_action": [chief.pk], "post": "yes"}
        client.post(reverse("admin:accounts_user_changelist"), chosen)
    assert rights() == before


@pytest.mark.parametrize("role", NOT_SUPERUSERS)
def test_nobody_changes_what_a_group_may(client: Client, role: str) -> None:
    me = make_role(role)
    client.force_login(me)
    before, everything = rights(), list(Permission.objects.values_list("pk", flat=True))
    for group in Group.objects.all():
        forged = {"name": group.name, "permissions": everything, "user_set": [str(me.pk)]}
        client.post(reverse("admin:auth_group_change", args=[group.pk]), forged)
        client.post(reverse("admin:auth_group_delete", args=[group.pk]), {"post": "yes"})
    client.post(reverse("admin:auth_group_add"), {"name": "mine", "permissions": everything})
    assert rights() == before


@pytest.mark.parametrize("role", ROLES)
def test_what_the_table_forbids_changes_nothing(client: Client, role: str) -> None:
    rows = make_rows()
    client.force_login(make_role(role))
    before = contents(rows)
    for label, lines in TABLE.items():
        for name in (name for name, letters in lines.items() if role not in letters):
            forged = {"action": name.removeprefix("do "), "_selected_action": [rows[label].pk], "post": "yes"}
            client.post(address(label, name, rows), {**forged, "state": "confirmed", "select_across": "1"})
    assert contents(rows) == before
    assert Entry.objects.count() == 1


@pytest.mark.parametrize("role", ROLES)
def test_presets_of_people_are_out_of_reach(client: Client, role: str) -> None:
    own = Preset.objects.create(user=make_user(), name="mine", model="a/m")
    client.force_login(make_role(role))
    for name in ("change", "delete"):
        url = reverse(f"admin:conversations_preset_{name}", args=[own.pk])
        client.post(url, {"name": "theirs", "model": "a/m", "post": "yes"})
    chosen = {"action": "delete_selected", "_selected_action": [own.pk], "post": "yes", "select_across": "1"}
    client.post(reverse("admin:conversations_preset_changelist"), chosen)
    own.refresh_from_db()
    assert own.name == "mine"


@pytest.mark.parametrize("role", ["M", "A", "R"])
def test_prices_and_places_of_models_are_not_changed_by_the_way(client: Client, role: str) -> None:
    model = make_rows()["providers.languagemodel"]
    client.force_login(make_role(role))
    price = {"prices-TOTAL_FORMS": 1, "prices-INITIAL_FORMS": 0, "prices-0-input": "0", "prices-0-output": "0"}
    client.post(reverse("admin:providers_languagemodel_change", args=[model.pk]), price)
    moved = {"form-TOTAL_FORMS": 1, "form-INITIAL_FORMS": 1, "form-0-id": model.pk, "form-0-position": 7, "_save": "1"}
    client.post(reverse("admin:providers_languagemodel_changelist"), moved)
    assert not Price.objects.exists()
    assert LanguageModel.objects.get(pk=model.pk).position != 7


@pytest.mark.parametrize("role", ROLES)
def test_pickers_show_only_what_may_be_seen(client: Client, role: str) -> None:
    make_rows()
    client.force_login(make_role(role))
    asked = {"app_label": "providers", "model_name": "budget", "field_name": "user", "term": "somebody"}
    answer = client.get(reverse("admin:autocomplete"), asked)
    assert answer.status_code == (200 if role in TABLE["accounts.user"]["list"] else 403)
    for kind, field in (("apikey", "ciphertext"), ("entry", "actor_id")):
        forged = {**asked, "model_name": kind, "field_name": field}
        assert client.get(reverse("admin:autocomplete"), forged).status_code == 403
