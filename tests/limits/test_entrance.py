"""The doors for strangers: how long to wait, and that guessing does not become free while the counting is away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.core.cache import cache

from chatproject.settings import ACCOUNT_RATE_LIMITS
from tests.accounts.acting import PASSWORD, sign_in, sign_up, signed_in
from tests.support.factories import make_user

if TYPE_CHECKING:
    from django.test import Client
    from pytest_django.fixtures import Settings

FORMS = {
    "/accounts/login/": {"login": "ada@example.org", "password": PASSWORD},
    "/accounts/signup/": {"email": "new@example.org", "password1": PASSWORD},
    "/accounts/password/reset/": {"email": "ada@example.org"},
}


@pytest.fixture(autouse=True)
def _limited(db: None, settings: Settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = ACCOUNT_RATE_LIMITS
    settings.SIGNUP = "open"
    cache.clear()


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


def test_each_door_counts_an_address(client: Client) -> None:
    statuses = [sign_up(client, "not an address").status_code for _ in range(31)]
    assert statuses == [200] * 30 + [429]
    resets = [client.post("/accounts/password/reset/", {"email": "x"}).status_code for _ in range(3)]
    assert set(resets) == {200}
    assert sign_in(client).status_code == 200


@pytest.mark.parametrize(("name", "path"), [("LOGIN", "/accounts/login/"), ("SIGNUP", "/accounts/signup/")])
def test_wait_of_a_door_is_its_period(client: Client, settings: Settings, name: str, path: str) -> None:
    setattr(settings, f"RATE_LIMIT_{name}", "1/2h")
    settings.ACCOUNT_RATE_LIMITS = {name.lower(): "1/2h/ip"}
    client.post(path, {})
    refused = client.post(path, {}, headers={"accept": "application/json"})
    assert refused.status_code == 429
    assert refused["Retry-After"] == "7200"
    assert refused.json()["error"] == {
        "code": "rate_limited",
        "message": "Too many requests, please try again after 2 hours",
    }
