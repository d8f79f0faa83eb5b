"""The section of the settings about tokens."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.core.cache import caches
from django.utils import timezone

from accounts import tokens
from accounts.models import ApiToken
from accounts.tokens import Scope, find_bearer
from audit.models import Entry
from tests.support.factories import make_user
from tests.support.tokens import make_token

if TYPE_CHECKING:
    from django.test import Client
    from pytest_django.fixtures import Settings

    from accounts.models import User

pytestmark = pytest.mark.django_db

PAGE = "/accounts/settings/tokens/"
FIELDS: dict[str, Any] = {"name": "laptop", "scopes": ["read", "chat"], "days": "30"}
SECRET = re.compile(r"sk-chat-[\w-]{43}")


@pytest.fixture
def alice(client: Client) -> User:
    alice = make_user()
    client.force_login(alice)
    return alice


def make(client: Client, **fields: Any) -> str:
    return client.post(PAGE, {**FIELDS, **fields}).content.decode()


def test_token_is_shown_once_and_works(client: Client, alice: User) -> None:
    page = make(client)
    secret = SECRET.findall(page)
    assert len(secret) == 1
    assert "you will not see it again" in page
    found = find_bearer(secret[0])
    assert found
    assert (found.user, found.scopes) == (alice, frozenset({Scope.READ, Scope.CHAT}))
    again = client.get(PAGE).content.decode()
    assert SECRET.findall(again) == []
    assert "laptop" in again
    assert f"{secret[0][:12]}…" in again
    assert ApiToken.objects.get().token_hash not in page + again


def test_page_is_kept_by_no_cache(client: Client, alice: User) -> None:
    assert "no-store" in client.post(PAGE, FIELDS)["Cache-Control"]


@pytest.mark.parametrize("days", ["7", "30", "90", "365"])
def test_token_ends_after_the_days_that_were_chosen(client: Client, alice: User, days: str) -> None:
    make(client, days=days)
    ends = ApiToken.objects.get().expires_at
    assert ends
    assert abs(ends - timezone.now() - timedelta(days=int(days))) < timedelta(minutes=1)


def test_token_without_an_end_works_until_it_is_revoked(client: Client, alice: User) -> None:
    make(client, days="never")
    assert ApiToken.objects.get().expires_at is None
    assert "works until you revoke it" in client.get(PAGE).content.decode()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": ""}, "id_name_error"),
        ({"name": "\u202e\u0000"}, "id_name_error"),
        ({"name": "x" * 61}, "id_name_error"),
        ({"scopes": []}, "Choose what the token may do."),
        ({"scopes": ["admin"]}, "scopes_error"),
        ({"scopes": ["everything"]}, "scopes_error"),
        ({"days": "1000000"}, "id_days_error"),
    ],
)
def test_wrong_form_makes_nothing_and_says_why(client: Client, alice: User, wrong: dict[str, Any], said: str) -> None:
    assert said in make(client, **wrong)
    assert not ApiToken.objects.exists()


def test_scope_of_operators_is_offered_to_operators_alone(client: Client, alice: User) -> None:
    assert 'value="admin"' not in client.get(PAGE).content.decode()
    operator = make_user(is_staff=True)
    client.force_login(operator)
    assert 'value="admin"' in client.get(PAGE).content.decode()
    make(client, scopes=["admin"])
    assert ApiToken.objects.get().scopes == "admin"


def test_list_tells_what_a_token_may_do_and_when_it_was_used(client: Client, alice: User) -> None:
    assert "You have no tokens." in client.get(PAGE).content.decode()
    secret = make_token(alice, Scope.READ)
    page = client.get(PAGE).content.decode()
    assert "never used" in page
    assert "Read your chats, files and usage" in page
    find_bearer(secret)
    assert "last used" in client.get(PAGE).content.decode()
    ApiToken.objects.update(expires_at=timezone.now())
    assert "expired" in client.get(PAGE).content.decode()


def test_list_shows_nothing_of_others_and_costs_the_same_with_many(
    client: Client, alice: User, django_assert_max_num_queries: Any
) -> None:
    make_token(make_user())
    assert "You have no tokens." in client.get(PAGE).content.decode()
    for _ in range(5):
        make_token(alice)
    with django_assert_max_num_queries(3):
        client.get(PAGE)


def test_revoked_token_is_dead_and_gone_from_the_list(client: Client, alice: User) -> None:
    secret, other = make_token(alice), make_token(alice)
    token = ApiToken.objects.get(prefix=secret[:12])
    page = client.post(f"{PAGE}{token.pk}/revoke/", follow=True).content.decode()
    assert "The token no longer works." in page
    assert f"{secret[:12]}…" not in page
    assert find_bearer(secret) is None
    assert find_bearer(other)
    assert client.post(f"{PAGE}{token.pk}/revoke/").status_code == 404


def test_all_tokens_are_revoked_at_once_and_others_stay(client: Client, alice: User) -> None:
    mine = [make_token(alice) for _ in range(3)]
    other = make_token(make_user())
    assert "3 tokens no longer work." in client.post(f"{PAGE}revoke/", follow=True).content.decode()
    assert [find_bearer(secret) for secret in mine] == [None] * 3
    assert find_bearer(other)


def test_too_many_tokens_are_refused_in_words(client: Client, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "MOST_TOKENS", 2)
    make(client)
    make(client)
    answer = client.post(PAGE, FIELDS)
    assert answer.status_code == 409
    assert "You have 2 tokens already. Revoke one first." in answer.content.decode()
    assert ApiToken.objects.count() == 2


def test_making_many_in_a_row_has_to_wait(client: Client, alice: User, settings: Settings) -> None:
    caches["ratelimit"].clear()
    settings.RATE_LIMIT_TOKENS = "1/h"
    make(client)
    answer = client.post(PAGE, FIELDS)
    assert answer.status_code == 429
    assert "Too many requests" in answer.content.decode()
    assert ApiToken.objects.count() == 1


def test_making_and_revoking_is_in_the_log_without_the_secret(client: Client, alice: User) -> None:
    page = make(client)
    token = ApiToken.objects.get()
    client.post(f"{PAGE}{token.pk}/revoke/")
    made, revoked = Entry.objects.order_by("pk")
    assert [(one.actor_id, one.action, one.target_id) for one in (made, revoked)] == [
        (alice.pk, "create token", str(token.pk)),
        (alice.pk, "revoke token", str(token.pk)),
    ]
    assert made.changes == {"person": alice.email, "scopes": "read chat"}
    logged = repr(list(Entry.objects.values()))
    assert SECRET.findall(page)[0] not in logged
    assert token.token_hash not in logged


def test_new_password_leaves_tokens_and_the_page_says_so(client: Client, alice: User) -> None:
    secret = make_token(alice)
    alice.set_password("a much louder room")
    alice.save()
    client.force_login(alice)
    assert find_bearer(secret)
    assert "A new password leaves tokens as they are." in client.get(PAGE).content.decode()
    password_page = client.get("/accounts/settings/password/").content.decode()
    assert f'Programs go on with their <a href="{PAGE}">' in password_page


def test_page_of_the_password_speaks_of_tokens_only_where_there_are_some(client: Client, alice: User) -> None:
    assert "Programs go on" not in client.get("/accounts/settings/password/").content.decode()
