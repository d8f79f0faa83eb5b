"""The first operator: by the printed link, once, and by nothing else on the web."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import SetupLink, User
from accounts.setup import setup_link
from tests.accounts.acting import PASSWORD, at_once, path_of, signed_in

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer
    from pytest_django.fixtures import Settings


def path_of_link() -> str:
    link = setup_link()
    assert link
    return path_of(link)


def set_up(client: Client, path: str, email: str = "op@example.org", password: str = PASSWORD) -> Answer:
    return client.post(path, {"email": email, "name": "Op", "password1": password})


def test_setup_link_makes_the_first_operator_and_signs_in(client: Client, db: None, settings: Settings) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    path = path_of_link()
    assert "Set up your chat" in client.get(path).content.decode()
    assert set_up(client, path)["Location"] == "/"
    operator = User.objects.get()
    assert (operator.email, operator.name) == ("op@example.org", "Op")
    assert operator.is_staff
    assert operator.is_superuser
    assert signed_in(client)
    assert Client().login(username="op@example.org", password=PASSWORD)


def test_setup_link_dies_on_use(client: Client, db: None) -> None:
    path = path_of_link()
    set_up(client, path)
    assert client.get(path).status_code == 410
    assert set_up(Client(), path, "eve@example.org").status_code == 410
    assert User.objects.count() == 1
    assert not SetupLink.objects.exists()


def test_setup_link_is_kept_as_a_hash(db: None) -> None:
    token = path_of_link().rstrip("/").rsplit("/", 1)[-1]
    assert len(token) >= 43
    assert token not in str(vars(SetupLink.objects.get()))


def test_setup_link_replaces_the_former_one(client: Client, db: None) -> None:
    first, second = path_of_link(), path_of_link()
    assert client.get(first).status_code == 410
    assert client.get(second).status_code == 200


def test_setup_link_expires(client: Client, db: None) -> None:
    path = path_of_link()
    SetupLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert set_up(client, path).status_code == 410
    assert not User.objects.exists()


@pytest.mark.parametrize("is_active", [True, False])
def test_setup_link_is_not_made_when_there_is_an_operator(superuser: User, *, is_active: bool) -> None:
    superuser.is_active = is_active
    superuser.save()
    assert setup_link() is None


def test_setup_link_dies_when_an_operator_comes_otherwise(client: Client, db: None) -> None:
    path = path_of_link()
    User.objects.create_superuser("cli@example.org", PASSWORD)
    assert set_up(client, path).status_code == 410
    assert User.objects.count() == 1


def test_setup_does_not_raise_an_existing_account(client: Client, user: User) -> None:
    page = set_up(client, path_of_link(), user.email).content.decode()
    assert "There is an account with this email" in page
    user.refresh_from_db()
    assert not user.is_operator


def test_setup_holds_the_password_to_the_rules(client: Client, db: None) -> None:
    path = path_of_link()
    assert "too common" in set_up(client, path, password="password1").content.decode()
    assert "at most 4,096" in set_up(client, path, password="x" * 4097).content.decode()
    assert "too similar to the email" in set_up(client, path, password="op@example.org").content.decode()
    assert set_up(client, path).status_code == 302


@pytest.mark.parametrize("token", ["x", "null", "0" * 43, "a" * 5000])
def test_setup_with_a_made_up_token_makes_nobody(client: Client, db: None, token: str) -> None:
    setup_link()
    assert set_up(client, f"/accounts/setup/{token}/").status_code == 410
    assert not User.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_setup_link_used_at_once_makes_one_operator() -> None:
    path = path_of_link()
    answers = at_once(8, lambda number: set_up(Client(), path, f"op{number}@example.org").status_code)
    assert answers.count(302) == 1
    assert set(answers) <= {302, 409, 410}
    assert User.objects.filter(is_superuser=True).count() == 1
    assert User.objects.count() == 1
