"""Signing in and out: who gets in, what strangers learn, where people land."""

from __future__ import annotations

import time
from statistics import median
from typing import TYPE_CHECKING

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core import mail
from django.core.cache import caches
from django.test import Client

from accounts.limits import DAY, in_words
from accounts.services import reinstate_user, suspend_user
from tests.accounts.acting import PASSWORD, body, path_in, sign_in, signed_in

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

    from accounts.models import User
    from tests.accounts.conftest import MakeUser

EVIL = (
    "//evil.example",
    "///evil.example",
    "https://evil.example/",
    "https:evil.example",
    "http:///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    " //evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "http://testserver@evil.example/",
    "http://testserver/c/",
)


def holding(session_key: str | None) -> Client:
    client = Client()
    client.cookies["session"] = session_key or ""
    return client


def test_login_lets_in_whatever_the_case_of_the_email(client: Client, user: User) -> None:
    response = sign_in(client, "ADA@Example.ORG ")
    assert response.status_code == 302
    assert response["Location"] == "/"
    assert client.session["_auth_user_id"] == str(user.pk)


def test_login_with_a_wrong_password_says_so_and_keeps_the_email(client: Client, user: User) -> None:
    response = sign_in(client, password="something else")
    assert "The email or the password is not right." in response.content.decode()
    assert 'value="ada@example.org"' in response.content.decode()
    assert "something else" not in response.content.decode()
    assert not signed_in(client)


def test_login_answers_alike_for_known_and_unknown_emails(client: Client, user: User) -> None:
    known = sign_in(client, "ada@example.org", "wrong password")
    unknown = sign_in(client, "eve@example.org", "wrong password")
    assert known.status_code == unknown.status_code
    assert body(known, "ada@example.org") == body(unknown, "eve@example.org")


def test_login_hashes_once_for_known_and_unknown_emails(
    client: Client, user: User, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.PASSWORD_HASHERS = ["tests.accounts.test_login.CountingHasher"]
    user.set_password(PASSWORD)
    user.save()
    counts, times = [], []
    for email in ("ada@example.org", "eve@example.org"):
        CountingHasher.count = 0
        seconds = []
        for _ in range(9):
            start = time.perf_counter()
            sign_in(client, email, "wrong password")
            seconds.append(time.perf_counter() - start)
        counts.append(CountingHasher.count)
        times.append(median(seconds))
    with capsys.disabled():
        print(  # noqa: T201 - the figure is for people to read
            f"\nlogin, known {times[0] * 1000:.1f} ms, unknown {times[1] * 1000:.1f} ms (fast hasher)"
        )
    assert counts == [9, 9]


class CountingHasher(MD5PasswordHasher):
    algorithm = "counting"
    count = 0

    def encode(self, password: str, salt: str) -> str:
        type(self).count += 1
        return super().encode(password, salt)


def test_login_refuses_an_endless_password_without_hashing(client: Client, user: User, settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["tests.accounts.test_login.CountingHasher"]
    CountingHasher.count = 0
    response = sign_in(client, password="x" * 4097)
    assert "at most 4,096 characters" in response.content.decode()
    assert CountingHasher.count == 0


def test_login_of_a_suspended_person_says_so_only_after_the_right_password(client: Client, user: User) -> None:
    suspend_user(user)
    wrong = sign_in(client, password="wrong password")
    assert "The email or the password is not right." in wrong.content.decode()
    right = sign_in(client)
    assert right["Location"] == "/accounts/inactive/"
    assert not signed_in(client)
    assert "This account is suspended" in client.get("/accounts/inactive/").content.decode()


def test_suspension_refuses_the_next_request_of_a_session(client: Client, user: User) -> None:
    sign_in(client)
    assert client.get("/accounts/settings/").status_code == 200
    suspend_user(user)
    assert client.get("/accounts/settings/")["Location"].startswith("/accounts/login/")
    reinstate_user(user)
    sign_in(client)
    assert client.get("/accounts/settings/").status_code == 200


def test_login_changes_the_session_id(client: Client, user: User) -> None:
    client.get("/accounts/login/")
    session = client.session
    session["planted"] = True
    session.save()
    client.cookies["session"] = session.session_key or ""
    before = session.session_key
    sign_in(client)
    assert signed_in(client)
    assert client.session.session_key != before
    assert holding(before).get("/accounts/settings/").status_code == 302


def test_login_as_another_person_forgets_the_former_session(client: Client, make_user: MakeUser) -> None:
    make_user("ada@example.org")
    make_user("bob@example.org")
    sign_in(client, "ada@example.org")
    session = client.session
    session["secret"] = "ada's"
    session.save()
    client.post("/accounts/logout/")
    sign_in(client, "bob@example.org")
    assert "secret" not in client.session


@pytest.mark.parametrize("target", EVIL)
def test_login_goes_only_to_own_pages(client: Client, user: User, target: str) -> None:
    assert sign_in(client, next=target)["Location"] == "/"


@pytest.mark.parametrize("target", EVIL)
def test_links_of_the_entrance_never_carry_a_foreign_target(client: Client, db: None, target: str) -> None:
    page = client.get("/accounts/login/", {"next": target}).content.decode()
    assert f"/accounts/signup/?next={target}" not in page
    assert 'href="/accounts/signup/"' in page


def test_login_goes_where_the_person_wanted_to_go(client: Client, user: User) -> None:
    assert sign_in(client, next="/accounts/settings/?a=1")["Location"] == "/accounts/settings/?a=1"


def test_login_needs_the_forms_token(user: User) -> None:
    client = Client(enforce_csrf_checks=True)
    assert sign_in(client).status_code == 403
    assert not signed_in(client)


def test_logout_asks_first_and_changes_nothing_on_get(client: Client, user: User) -> None:
    sign_in(client)
    assert "Sign out?" in client.get("/accounts/logout/").content.decode()
    assert signed_in(client)


def test_logout_ends_the_session_for_good(client: Client, user: User) -> None:
    sign_in(client)
    key = client.session.session_key
    assert client.post("/accounts/logout/")["Location"] == "/accounts/login/"
    assert holding(key).get("/accounts/settings/").status_code == 302


def test_logout_needs_the_forms_token(user: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    assert client.post("/accounts/logout/").status_code == 403
    assert signed_in(client)


@pytest.fixture
def _throttled(settings: Settings) -> None:
    settings.RATE_LIMIT_FAILED_LOGINS_OF_ACCOUNT = "10/d"
    caches["ratelimit"].clear()


@pytest.mark.usefixtures("_throttled")
def test_throttle_stops_guessing_but_not_the_person_elsewhere(client: Client, user: User) -> None:
    for _ in range(10):
        assert sign_in(client, password="wrong password").status_code == 200
    refused = sign_in(client)
    assert refused.status_code == 429
    wait = int(refused["Retry-After"])
    assert 0 < wait <= DAY
    assert f"There were many tries. Please try again after {in_words(wait)}" in refused.content.decode()
    elsewhere = Client(REMOTE_ADDR="192.0.2.7")
    assert sign_in(elsewhere).status_code == 302


@pytest.mark.usefixtures("_throttled")
def test_throttle_counts_a_network_of_ipv6_as_one_address(user: User) -> None:
    statuses = [
        sign_in(Client(REMOTE_ADDR=f"2001:db8:0:1::{last:x}"), password="wrong password").status_code
        for last in range(1, 12)
    ]
    assert statuses == [200] * 10 + [429]
    assert sign_in(Client(REMOTE_ADDR="2001:db8:0:2::1")).status_code == 302


@pytest.mark.usefixtures("_throttled")
def test_throttle_cannot_be_dodged_by_the_host_header(user: User) -> None:
    statuses = [
        sign_in(Client(HTTP_HOST=f"localhost:{8000 + port}"), password="wrong password").status_code
        for port in range(11)
    ]
    assert statuses == [200] * 10 + [429]


@pytest.mark.usefixtures("_throttled")
def test_throttle_ignores_a_made_up_forwarded_address(user: User) -> None:
    statuses = [
        sign_in(Client(HTTP_X_FORWARDED_FOR=f"192.0.2.{last}"), password="wrong password").status_code
        for last in range(11)
    ]
    assert statuses[-1] == 429


@pytest.mark.usefixtures("_throttled")
def test_throttle_gives_back_what_was_no_failure(client: Client, user: User) -> None:
    for _ in range(12):
        assert sign_in(Client()).status_code == 302
    for _ in range(9):
        assert sign_in(client, password="wrong password").status_code == 200
    assert sign_in(client).status_code == 302


@pytest.mark.usefixtures("_throttled")
def test_throttle_of_an_account_ends_with_a_new_password(client: Client, user: User) -> None:
    for _ in range(11):
        sign_in(client, password="wrong password")
    client.post("/accounts/password/reset/", {"email": user.email})
    page = client.get(path_in(mail.outbox[-1]), follow=True)
    client.post(page.redirect_chain[-1][0], {"password1": "a much louder room"})
    assert sign_in(Client(), password="a much louder room").status_code == 302
