"""The commands of operators."""

from __future__ import annotations

import sys
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from allauth.account.models import EmailAddress
from django.core.management import CommandError, call_command
from django.db import IntegrityError

from accounts.models import Invitation, User
from tests.accounts.acting import PASSWORD, sign_in

if TYPE_CHECKING:
    from django.test import Client
    from pytest_django.fixtures import Settings


def run(*args: str, **options: Any) -> str:
    out = StringIO()
    call_command(*args, stdout=out, stderr=out, **options)
    return out.getvalue()


@pytest.mark.parametrize("verification", ["none", "mandatory"])
def test_createsuperuser_makes_an_operator_who_can_sign_in(
    client: Client, db: None, settings: Settings, monkeypatch: pytest.MonkeyPatch, verification: str
) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = verification
    monkeypatch.setenv("DJANGO_SUPERUSER_EMAIL", "Op@Example.org")
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    run("createsuperuser", interactive=False)
    assert User.objects.get().email == "op@example.org"
    assert sign_in(client, "op@example.org")["Location"] == "/"
    assert client.get("/admin/").status_code == 200


def test_createsuperuser_asks_for_email_and_password(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    User.objects.create_user("taken@example.org", PASSWORD)
    answers = iter(["TAKEN@example.org", "op@example.org"])
    monkeypatch.setattr("builtins.input", lambda *_args: next(answers))
    monkeypatch.setattr("getpass.getpass", lambda *_args: PASSWORD)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    assert "already taken" in run("createsuperuser", stdin=sys.stdin)
    assert User.objects.get(is_superuser=True).email == "op@example.org"


def test_emails_are_one_whatever_their_case(db: None) -> None:
    User.objects.create_user("Ada@Example.org", PASSWORD)
    assert User.objects.get(email="ADA@EXAMPLE.ORG").email == "ada@example.org"
    with pytest.raises(IntegrityError):
        User.objects.create(email="aDA@example.org")


def test_invite_prints_a_link_for_one_address(client: Client, db: None, settings: Settings) -> None:
    settings.PUBLIC_URL = "https://chat.example.org"
    settings.SIGNUP = "invite"
    link = run("invite", "New@example.org", "--days", "2").strip()
    assert link.startswith("https://chat.example.org/accounts/invite/")
    assert Invitation.objects.get().email == "new@example.org"
    assert client.get(link.removeprefix("https://chat.example.org")).status_code == 200


def test_invite_without_an_address_is_for_anybody(db: None) -> None:
    run("invite")
    assert Invitation.objects.get().email == ""


@pytest.mark.parametrize("arguments", [["nobody"], ["--days", "0"]])
def test_invite_refuses_nonsense(db: None, arguments: list[str]) -> None:
    with pytest.raises(CommandError):
        run("invite", *arguments)
    assert not Invitation.objects.exists()


def test_invite_says_when_signup_is_closed(db: None, settings: Settings) -> None:
    settings.SIGNUP = "closed"
    with pytest.raises(CommandError, match="SIGNUP is closed"):
        run("invite")


def test_setup_link_is_printed_until_there_is_an_operator(client: Client, db: None, settings: Settings) -> None:
    settings.PUBLIC_URL = "https://chat.example.org"
    link = run("setup_link").strip()
    assert link.startswith("https://chat.example.org/accounts/setup/")
    assert client.get(link.removeprefix("https://chat.example.org")).status_code == 200
    User.objects.create_superuser("op@example.org", PASSWORD)
    with pytest.raises(CommandError, match="There is an operator already"):
        run("setup_link")


def test_operators_word_confirms_the_email(superuser: User) -> None:
    assert EmailAddress.objects.get(user=superuser).verified
