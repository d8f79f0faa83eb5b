"""Signing up: open, by invitation, closed; what strangers learn; what nobody can give themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client

from accounts.models import User
from tests.accounts.acting import PASSWORD, at_once, body, path_in, sign_in, sign_up, signed_in

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

RIGHTS = {
    "is_staff": "on",
    "is_superuser": "on",
    "is_active": "",
    "role": "admin",
    "groups": "1",
    "user_permissions": "1",
    "id": "00000000-0000-0000-0000-000000000001",
    "created_at": "2001-01-01",
}


@pytest.fixture
def _mandatory(settings: Settings) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"


def test_signup_makes_an_account_and_signs_in(client: Client, db: None) -> None:
    response = sign_up(client, "New@Example.org", name="  Ada   Lovelace ")
    assert response["Location"] == "/"
    user = User.objects.get()
    assert (user.email, user.name) == ("new@example.org", "Ada Lovelace")
    assert client.session["_auth_user_id"] == str(user.pk)
    assert user.check_password(PASSWORD)
    assert not mail.outbox


def test_signup_needs_no_name(client: Client, db: None) -> None:
    sign_up(client)
    assert User.objects.get().name == ""


def test_signup_ignores_rights_in_the_form(client: Client, db: None) -> None:
    sign_up(client, **RIGHTS)
    user = User.objects.get()
    assert (user.is_staff, user.is_superuser, user.is_active) == (False, False, True)
    assert str(user.pk) != RIGHTS["id"]
    assert user.created_at.year > 2001
    assert not user.groups.exists()
    assert not user.user_permissions.exists()


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("short", "at least 8 characters"),
        ("password1", "too common"),
        ("new@example.org", "too similar to the email"),
        ("x" * 4097, "at most 4,096 characters"),
        ("", "required"),
    ],
)
def test_signup_refuses_a_poor_password_beside_its_field(client: Client, db: None, password: str, reason: str) -> None:
    page = sign_up(client, password=password).content.decode()
    assert reason in page
    assert 'id="id_password1_error"' in page
    assert 'aria-invalid="true"' in page
    assert 'aria-describedby="id_password1_helptext id_password1_error"' in page
    assert not User.objects.exists()


@pytest.mark.parametrize("email", ["", "nobody", "a@b", "a b@example.org", f"{'a' * 250}@example.org", "a\x00@b.org"])
def test_signup_refuses_what_is_no_email(client: Client, db: None, email: str) -> None:
    assert 'id="id_email_error"' in sign_up(client, email).content.decode()
    assert not User.objects.exists()


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("Ada\r\nBcc: eve@example.org", "Ada Bcc: eve@example.org"),
        ("\u202eadA", "adA"),
        ("\u200bA\u2060da\u200d", "Ada"),
        ("\u200b\u200d" * 9, ""),
        ("z" + "\u0335" * 50, "z" + "\u0335" * 4),
        ("\x1b[31mAda\x07", "[31mAda"),
        ("{{ 7|add:7 }} <b>%s</b>", "{{ 7|add:7 }} <b>%s</b>"),
        ("علی\u200cرضا 👩\u200d🚀", "علی\u200cرضا 👩\u200d🚀"),
    ],
)
def test_signup_keeps_a_name_literal_and_on_one_line(client: Client, db: None, name: str, kept: str) -> None:
    sign_up(client, name=name)
    assert User.objects.get().name == kept


def test_signup_with_a_known_email_says_so_when_no_mail_can(client: Client, user: User) -> None:
    page = sign_up(client, "ADA@example.org").content.decode()
    assert "There is an account with this email." in page
    assert User.objects.count() == 1
    assert not signed_in(client)


@pytest.mark.usefixtures("_mandatory")
def test_signup_answers_alike_for_known_and_unknown_emails(user: User) -> None:
    pages = []
    for email in ("ada@example.org", "eve@example.org"):
        client = Client()
        answer = sign_up(client, email)
        assert answer.status_code == 302
        assert not signed_in(client)
        landing = client.get(answer["Location"])
        pages.append((answer["Location"], sorted(client.cookies), body(landing, email)))
    assert pages[0] == pages[1]
    assert [message.to for message in mail.outbox] == [["ada@example.org"], ["eve@example.org"]]
    assert mail.outbox[0].subject == mail.outbox[1].subject
    assert "You have one already" in mail.outbox[0].body


@pytest.mark.usefixtures("_mandatory")
def test_signup_hashes_also_for_a_known_email(user: User, settings: Settings) -> None:
    from tests.accounts.test_login import CountingHasher  # noqa: PLC0415 - the module is the hasher's name

    settings.PASSWORD_HASHERS = ["tests.accounts.test_login.CountingHasher"]
    counts = []
    for email in ("ada@example.org", "eve@example.org"):
        CountingHasher.count = 0
        sign_up(Client(), email)
        counts.append(CountingHasher.count)
    assert counts == [1, 1]


@pytest.mark.usefixtures("_mandatory")
def test_confirmation_link_opens_the_account_and_signs_in(client: Client, db: None) -> None:
    sign_up(client)
    path = path_in(mail.outbox[0])
    page = client.get(path).content.decode()
    assert "new@example.org" in page
    assert not EmailAddress.objects.get().verified, "reading the page, as mail scanners do, confirms nothing"
    assert client.post(path)["Location"] == "/"
    assert EmailAddress.objects.get().verified
    assert signed_in(client)


@pytest.mark.usefixtures("_mandatory")
def test_confirmation_link_works_once_and_does_not_sign_in_strangers(client: Client, db: None) -> None:
    sign_up(client)
    path = path_in(mail.outbox[0])
    stranger = Client()
    stranger.post(path)
    assert not signed_in(stranger)
    assert "does not work any more" in stranger.get(path).content.decode()
    assert sign_in(client, "new@example.org")["Location"] == "/"


@pytest.mark.usefixtures("_mandatory")
def test_login_before_the_confirmation_leads_back_to_the_mail(client: Client, db: None) -> None:
    sign_up(client)
    other = Client()
    assert sign_in(other, "new@example.org")["Location"] == "/accounts/confirm-email/"
    assert not signed_in(other)


def test_signup_closed_says_who_makes_accounts(client: Client, db: None, settings: Settings) -> None:
    settings.SIGNUP = "closed"
    answer = sign_up(client)
    assert answer.status_code == 403
    assert "The operator makes the accounts" in answer.content.decode()
    assert not User.objects.exists()
    assert "Create an account" not in client.get("/accounts/login/").content.decode()


def test_signup_by_invitation_only_says_so(client: Client, db: None, settings: Settings) -> None:
    settings.SIGNUP = "invite"
    assert "You need an invitation" in sign_up(client).content.decode()
    assert not User.objects.exists()


def test_signup_needs_the_forms_token(db: None) -> None:
    assert sign_up(Client(enforce_csrf_checks=True)).status_code == 403
    assert not User.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_thirty_first_signups_at_once_make_no_operator() -> None:
    answers = at_once(30, lambda number: sign_up(Client(), f"person{number}@example.org", **RIGHTS).status_code)
    assert answers == [302] * 30
    assert User.objects.count() == 30
    assert not User.objects.filter(is_staff=True).exists()
    assert not User.objects.filter(is_superuser=True).exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("verification", ["none", "mandatory"])
def test_one_email_at_once_makes_one_account(settings: Settings, verification: str) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = verification
    answers = at_once(8, lambda _number: sign_up(Client()).status_code)
    assert User.objects.count() == 1
    assert EmailAddress.objects.count() == 1
    assert set(answers) <= {200, 302}
