"""The doors for strangers: how long to wait, and that guessing does not become free while the counting is away."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from django.core.cache import caches
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts import limits
from tests.accounts.acting import PASSWORD, sign_in, signed_in
from tests.support.factories import make_user

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client
    from pytest_django.fixtures import Settings

FORMS = {
    "/accounts/login/": {"login": "ada@example.org", "password": PASSWORD},
    "/accounts/signup/": {"email": "new@example.org", "password1": PASSWORD},
    "/accounts/password/reset/": {"email": "ada@example.org"},
}


@pytest.fixture(autouse=True)
def _open(db: None, settings: Settings) -> None:
    settings.SIGNUP = "open"
    caches["ratelimit"].clear()


@pytest.fixture
def wait(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Give what lets time pass, which stands still otherwise."""
    now = time.time()

    def pass_time(seconds: float) -> None:
        nonlocal now
        now += seconds

    monkeypatch.setattr(time, "time", lambda: now)
    return pass_time


@pytest.fixture
def _away(settings: Settings) -> None:
    settings.CACHES = {
        name: {"BACKEND": "chatproject.cache.CircuitRedisCache", "LOCATION": "redis://127.0.0.1:9/1"}
        for name in ("default", "ratelimit")
    }


@pytest.mark.usefixtures("_away")
@pytest.mark.parametrize("path", FORMS)
def test_door_is_closed_politely_while_the_counting_is_away(client: Client, path: str) -> None:
    make_user("ada@example.org")
    assert client.get(path).status_code == 200
    for _ in range(3):
        refused = client.post(path, FORMS[path])
        assert refused.status_code == 503
        assert int(refused["Retry-After"]) > 0
        assert "Please try again in a moment" in refused.content.decode()
    assert not signed_in(client)


@pytest.mark.usefixtures("_away")
def test_whoever_is_signed_in_stays_so_while_the_counting_is_away(client: Client) -> None:
    client.force_login(make_user("ada@example.org"))
    assert client.get("/c/").status_code == 200
    assert client.post("/accounts/logout/").status_code == 302


NAMES = {"/accounts/login/": "LOGIN", "/accounts/signup/": "SIGNUP", "/accounts/password/reset/": "PASSWORD_RESET"}


@pytest.mark.parametrize("path", FORMS)
def test_each_door_counts_an_address_for_itself(client: Client, settings: Settings, path: str) -> None:
    for name in NAMES.values():
        setattr(settings, f"RATE_LIMIT_{name}", "3/d")
    assert [client.post(path, {}).status_code for _ in range(5)] == [200] * 3 + [429] * 2
    assert client.get(path).status_code == 200
    others = [other for other in FORMS if other != path]
    assert {client.post(other, {}).status_code for other in others} == {200}
    assert client.post(path, {}, REMOTE_ADDR="192.0.2.7").status_code == 200


@pytest.mark.parametrize("path", FORMS)
def test_wait_of_a_door_is_the_real_one(
    client: Client, settings: Settings, path: str, wait: Callable[[float], None]
) -> None:
    setattr(settings, f"RATE_LIMIT_{NAMES[path]}", "5/h")

    def refuse() -> tuple[int, str]:
        refused = client.post(path, {}, headers={"accept": "application/json"})
        assert refused.status_code == 429
        return int(refused["Retry-After"]), refused.json()["error"]["message"]

    for _ in range(5):
        assert client.post(path, {}).status_code == 200
    seconds, _ = refuse()
    wait(seconds - 10)
    assert refuse() == (10, "Too many requests, please try again after 10 seconds")
    wait(10)
    assert client.post(path, {}).status_code == 200


def test_wait_after_wrong_passwords_is_the_real_one(
    client: Client, settings: Settings, wait: Callable[[float], None]
) -> None:
    settings.RATE_LIMIT_FAILED_LOGINS_OF_ACCOUNT = "2/15m"
    make_user("ada@example.org", password=PASSWORD)
    for _ in range(2):
        sign_in(client, password="wrong password")
    seconds = int(sign_in(client)["Retry-After"])
    wait(seconds - 10)
    refused = sign_in(client)
    assert (refused.status_code, refused["Retry-After"]) == (429, "10")
    assert "Please try again after 10 seconds" in refused.content.decode()
    wait(10)
    assert sign_in(client).status_code == 302


def test_uploads_are_counted_wherever_they_go(client: Client, settings: Settings) -> None:
    settings.RATE_LIMIT_UPLOADS = "2/d"
    client.force_login(make_user("boss@example.org", is_staff=True, is_superuser=True))
    path = reverse("admin:moderation_sensitiveword_import")

    def upload() -> int:
        form = {"file": SimpleUploadedFile("words.txt", b"badword"), "action": "flag", "direction": "both"}
        return client.post(path, {**form, "dry_run": "on"}).status_code

    assert [upload() for _ in range(3)] == [200, 200, 429]
    refused = client.post("/c/", {"file": SimpleUploadedFile("a", b"a")}, headers={"accept": "application/json"})
    assert refused.status_code == 429
    assert 0 < int(refused["Retry-After"]) <= limits.DAY
    assert client.post(path, {}).status_code == 200, "what brings no file is none"
