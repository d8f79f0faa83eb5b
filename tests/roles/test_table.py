"""Every page and action of the admin, for every role: as the table says, and nothing that it does not name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.contrib import admin
from django.urls import URLPattern, reverse

from tests.roles.rows import ROLES, make_role, make_rows, registered
from tests.roles.table import SITE, STOCK, TABLE
from tests.support.factories import make_user

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.models import Model
    from django.test import Client

pytestmark = pytest.mark.django_db

SUFFIXES = {"list": "changelist", "add": "add", "view": "change", "change": "change", "delete": "delete"}
LEADS_ON = {"", "app_list", "view_on_site", "autocomplete", "login", "logout"}
"""Addresses that only lead on, or that ask each model's own rights: autocomplete has a test of its own."""

POSTED = ("change", "fetch", "decide", "reset_link")
TOO_LONG = {"name": "x" * 1000}
"""What no form takes."""

ANSWERS = {
    "accounts_user_reset_link": 302,
    "conversations_conversation_of": 302,
    "moderation_incident_decide": 400,  # nothing is decided
    "providers_languagemodel_fetch": 302,
}
"""What who may do it is answered, where that is not a page."""


def patterns_of(label: str) -> list[URLPattern]:
    page = next(page for model, page in admin.site._registry.items() if model._meta.label_lower == label)
    return [one for one in page.get_urls() if getattr(one, "name", None)]


def named_pages(label: str) -> set[str]:
    """List the pages and actions that a model's admin has."""
    app, model = label.split(".")
    stock = {f"{app}_{model}_{suffix}" for suffix in ("changelist", "add", "change", "delete", "history")}
    page = next(page for one, page in admin.site._registry.items() if one._meta.label_lower == label)
    names = {str(one.name) for one in patterns_of(label)}
    actions = {f"do {name}" for _call, name, _words in page._get_base_actions()}  # type: ignore[attr-defined]  # unknown to django-stubs
    return {*STOCK, *(names - stock), *actions}


def address(label: str, name: str, rows: dict[str, Model]) -> str:
    app, model = label.split(".")
    if name in STOCK or name.startswith("do "):
        suffix = "changelist" if name.startswith("do ") else SUFFIXES.get(name, name)
        is_of_all = suffix in {"changelist", "add"}
        return reverse(f"admin:{app}_{model}_{suffix}", args=() if is_of_all else [rows[label].pk])
    pattern = next(one for one in patterns_of(label) if one.name == name)
    wanted = pattern.pattern.converters or {"id": None} if "<" in str(pattern.pattern) else {}
    return reverse(f"admin:{name}", args=[_argument(one, rows[label]) for one in wanted])


def _argument(name: str, row: Model) -> Any:
    if name == "message_id":
        return row.leaf_id  # type: ignore[attr-defined]  # a conversation's
    return "csv" if name == "kind" else row.pk


def is_allowed(client: Client, label: str, name: str, rows: dict[str, Model]) -> bool:
    target = address(label, name, rows)
    if name.startswith("do "):
        return name.removeprefix("do ") in offered_actions(client.get(target))
    answer = client.post(target, TOO_LONG) if name.endswith(POSTED) else client.get(target)
    is_allowed = answer.status_code == ANSWERS.get(name, 200)
    assert is_allowed or answer.status_code == 403, f"{label} {name}: {answer.status_code}"
    return is_allowed


def offered_actions(answer: Any) -> set[str]:
    """List the actions that a list takes from this person."""
    form = answer.context.get("action_form") if answer.status_code == 200 else None
    return {value for value, _ in form.fields["action"].choices if value} if form else set()


def cells() -> Iterator[tuple[str, str, str]]:
    for label, lines in TABLE.items():
        for name, letters in lines.items():
            yield label, name, letters


def test_table_names_every_page_and_action() -> None:
    assert {label: set(lines) for label, lines in TABLE.items()} == {one: named_pages(one) for one in registered()}


def test_table_names_every_page_of_the_site() -> None:
    names = {str(one.name) for one in admin.site.get_urls() if isinstance(one, URLPattern) and one.name}
    assert names - LEADS_ON == set(SITE)


@pytest.mark.parametrize("role", ROLES)
def test_role_may_do_what_the_table_says(client: Client, role: str) -> None:
    rows = make_rows()
    client.force_login(make_role(role))
    found = {f"{label} {name}": is_allowed(client, label, name, rows) for label, name, _ in cells()}
    found |= {name: client.get(reverse(f"admin:{name}")).status_code == 200 for name in SITE}
    said = {f"{label} {name}": role in letters for label, name, letters in cells()}
    said |= {name: role in letters for name, letters in SITE.items()}
    assert {name: found[name] for name in said if found[name] != said[name]} == {}


@pytest.mark.parametrize("is_signed_in", [True, False])
def test_people_and_strangers_are_led_to_the_entrance(client: Client, is_signed_in: bool) -> None:  # noqa: FBT001 - a parameter
    rows = make_rows()
    if is_signed_in:
        client.force_login(make_user())
    inside = []
    for label, name, _ in cells():
        for answer in (client.get(address(label, name, rows)), client.post(address(label, name, rows))):
            is_led_away = answer.status_code == 302 and "/login/" in answer["Location"]
            if not is_led_away and answer.status_code not in {403, 405}:
                inside.append(f"{label} {name}: {answer.status_code}")
    assert inside == []
