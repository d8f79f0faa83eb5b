"""Invitations: one link, one account."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Invitation, User
from accounts.services import invite_person
from tests.accounts.acting import PASSWORD, at_once, signed_in

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer
    from pytest_django.fixtures import Settings


@pytest.fixture(autouse=True)
def _by_invitation(settings: Settings) -> None:
    settings.SIGNUP = "invite"


def accept(client: Client, token: str, email: str = "new@example.org") -> Answer:
    return client.post(f"/accounts/invite/{token}/", {"email": email, "password1": PASSWORD})


def test_invitation_makes_one_account(client: Client, db: None) -> None:
    invitation, token = invite_person()
    assert "You are invited" in client.get(f"/accounts/invite/{token}/").content.decode()
    assert accept(client, token)["Location"] == "/"
    assert signed_in(client)
    invitation.refresh_from_db()
    assert invitation.used_by == User.objects.get()
    assert accept(Client(), token, "second@example.org").status_code == 403
    assert User.objects.count() == 1


def test_invitation_keeps_only_the_hash_of_its_token(db: None) -> None:
    invitation, token = invite_person(email="new@example.org")
    assert len(token) >= 43
    assert token not in str(vars(invitation))


def test_invitation_bound_to_an_email_makes_no_other_account(client: Client, db: None) -> None:
    _, token = invite_person(email="New@example.org")
    page = client.get(f"/accounts/invite/{token}/").content.decode()
    assert 'value="new@example.org"' in page
    assert "disabled" in page
    accept(client, token, "eve@example.org")
    assert User.objects.get().email == "new@example.org"


def test_invitation_bound_to_an_email_confirms_it(client: Client, db: None, settings: Settings) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    _, token = invite_person(email="new@example.org")
    assert accept(client, token)["Location"] == "/"
    assert signed_in(client)


def test_open_invitation_confirms_no_email(client: Client, db: None, settings: Settings) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    _, token = invite_person()
    assert accept(client, token)["Location"] == "/accounts/confirm-email/"
    assert not signed_in(client)


@pytest.mark.parametrize("token", ["", "x", "null", "0" * 43, "../login", "a" * 5000])
def test_invitation_made_up_opens_nothing(client: Client, db: None, token: str) -> None:
    invite_person()
    answer = accept(client, token)
    assert answer.status_code in {403, 404}
    assert not User.objects.exists()


def test_invitation_expired_opens_nothing(client: Client, db: None) -> None:
    _, token = invite_person(expires_at=timezone.now() - timedelta(seconds=1))
    assert "This invitation does not work" in accept(client, token).content.decode()
    assert not User.objects.exists()


def test_invitation_revoked_opens_nothing(client: Client, db: None) -> None:
    invitation, token = invite_person()
    invitation.delete()
    assert accept(client, token).status_code == 403


def test_invitation_is_shut_while_signup_is_closed(client: Client, db: None, settings: Settings) -> None:
    settings.SIGNUP = "closed"
    _, token = invite_person()
    assert accept(client, token).status_code == 403
    assert not User.objects.exists()


def test_invitation_survives_a_refused_form(client: Client, user: User) -> None:
    invitation, token = invite_person()
    assert accept(client, token, "ada@example.org").status_code == 200
    invitation.refresh_from_db()
    assert invitation.used_at is None


def test_invitation_gives_no_rights(client: Client, db: None) -> None:
    _, token = invite_person()
    client.post(
        f"/accounts/invite/{token}/",
        {"email": "new@example.org", "password1": PASSWORD, "is_staff": "on", "is_superuser": "on"},
    )
    assert not User.objects.get().is_operator


@pytest.mark.django_db(transaction=True)
def test_invitation_used_at_once_makes_one_account() -> None:
    _, token = invite_person()
    answers = at_once(8, lambda number: accept(Client(), token, f"person{number}@example.org").status_code)
    assert answers.count(302) == 1
    assert set(answers) <= {302, 403, 409}
    assert User.objects.count() == 1
    assert Invitation.objects.get().used_by == User.objects.get()
