"""The settings: name, password, leaving for good."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.services import delete_account
from chatproject.errors import Conflict
from conversations.models import Conversation
from tests.accounts.acting import PASSWORD, at_once, sign_in, signed_in

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

SECTIONS = (
    "/accounts/settings/",
    "/accounts/settings/appearance/",
    "/accounts/settings/language/",
    "/accounts/settings/tokens/",
    "/accounts/settings/password/",
    "/accounts/settings/delete/",
)
NEW = "a much louder room"


@pytest.mark.parametrize("path", SECTIONS)
def test_section_is_for_people_who_signed_in(client: Client, user: User, path: str) -> None:
    for answer in (client.get(path), client.post(path, {"name": "Eve", "password": PASSWORD})):
        assert answer["Location"] == f"/accounts/login/?next={path}"
    sign_in(client)
    page = client.get(path).content.decode()
    assert f'href="{path}" aria-current="page"' in page


@pytest.mark.parametrize("path", SECTIONS)
def test_section_needs_the_forms_token(user: User, path: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    assert client.post(path, {"name": "Eve", "password": PASSWORD}).status_code == 403
    user.refresh_from_db()
    assert user.name == ""


def test_accounts_root_leads_to_the_settings(client: Client, user: User) -> None:
    assert client.get("/accounts/")["Location"] == "/accounts/settings/"


def test_profile_saves_the_name_and_nothing_else(client: Client, user: User) -> None:
    sign_in(client)
    fields = {"name": " Ada\nLovelace ", "email": "eve@example.org", "is_staff": "on", "is_superuser": "on"}
    response = client.post("/accounts/settings/", fields, follow=True)
    assert "Your name is saved." in response.content.decode()
    user.refresh_from_db()
    assert (user.name, user.email, user.is_operator) == ("Ada Lovelace", "ada@example.org", False)


def test_profile_refuses_a_name_that_is_too_long(client: Client, user: User) -> None:
    sign_in(client)
    assert 'id="id_name_error"' in client.post("/accounts/settings/", {"name": "a" * 121}).content.decode()


def test_password_changes_and_the_session_gets_a_new_id(client: Client, user: User) -> None:
    sign_in(client)
    before = client.session.session_key
    answer = client.post("/accounts/settings/password/", {"oldpassword": PASSWORD, "password1": NEW}, follow=True)
    assert "Your password is changed." in answer.content.decode()
    assert client.session.session_key != before
    user.refresh_from_db()
    assert user.check_password(NEW)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("wrong", NEW, "This is not your current password."),
        ("x" * 4097, NEW, "at most 4,096 characters"),
        (PASSWORD, "password1", "too common"),
        (PASSWORD, "x" * 4097, "at most 4,096 characters"),
        (PASSWORD, "ada@example.org", "too similar to the email"),
    ],
)
def test_password_change_is_refused_beside_the_field(
    client: Client, user: User, old: str, new: str, reason: str
) -> None:
    sign_in(client)
    page = client.post("/accounts/settings/password/", {"oldpassword": old, "password1": new}).content.decode()
    assert reason in page
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_password_change_cannot_be_used_to_guess(client: Client, user: User, settings: Settings) -> None:
    sign_in(client)
    settings.ACCOUNT_RATE_LIMITS = {}
    fields = {"oldpassword": "wrong", "password1": NEW}
    statuses = [client.post("/accounts/settings/password/", fields).status_code for _ in range(6)]
    assert statuses == [200] * 5 + [429]


def test_delete_removes_the_account_and_what_is_in_it(client: Client, user: User, superuser: User) -> None:
    Conversation.objects.create(user=user, title="Mine", updated_at=timezone.now())
    Conversation.objects.create(user=superuser, title="Theirs", updated_at=timezone.now())
    sign_in(client)
    response = client.post("/accounts/settings/delete/", {"password": PASSWORD}, follow=True)
    assert "Your account is deleted" in response.content.decode()
    assert not signed_in(client)
    assert list(User.objects.all()) == [superuser]
    assert [conversation.title for conversation in Conversation.objects.all()] == ["Theirs"]


def test_delete_asks_for_the_password(client: Client, user: User) -> None:
    sign_in(client)
    assert (
        "This is not your password."
        in client.post("/accounts/settings/delete/", {"password": "wrong"}).content.decode()
    )
    assert client.post("/accounts/settings/delete/").status_code == 200
    assert User.objects.filter(pk=user.pk).exists()


def test_delete_cannot_be_used_to_guess(client: Client, user: User, settings: Settings) -> None:
    sign_in(client)
    settings.ACCOUNT_RATE_LIMITS = {"reauthenticate": "2/m/user"}
    statuses = [client.post("/accounts/settings/delete/", {"password": "wrong"}).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]


def test_last_operator_cannot_delete_the_account(client: Client, superuser: User) -> None:
    sign_in(client, superuser.email)
    answer = client.post("/accounts/settings/delete/", {"password": PASSWORD})
    assert answer.status_code == 409
    assert "You are the only operator." in answer.content.decode()
    assert User.objects.filter(pk=superuser.pk).exists()


@pytest.mark.django_db(transaction=True)
def test_last_two_operators_cannot_both_leave_at_once() -> None:
    operators = [User.objects.create_superuser(f"op{number}@example.org", PASSWORD) for number in range(2)]

    def leave(number: int) -> bool:
        try:
            delete_account(operators[number])
        except Conflict:
            return False
        return True

    assert sorted(at_once(2, leave)) == [False, True]
    assert User.objects.filter(is_superuser=True).count() == 1
