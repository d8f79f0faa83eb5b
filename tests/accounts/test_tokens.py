"""Tokens of the API: what lets somebody in, and until when."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from accounts import tokens
from accounts.models import ApiToken, User
from accounts.services import reinstate_user, suspend_user
from accounts.tokens import Scope, create_token, find_bearer, revoke_all, revoke_token
from chatproject.errors import BadRequest, Conflict, Forbidden, NotFound
from tests.accounts.acting import at_once
from tests.support.factories import make_user
from tests.support.tokens import make_token

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_django import DjangoAssertNumQueries

pytestmark = pytest.mark.django_db


def expire(user: User) -> None:
    ApiToken.objects.filter(user=user).update(expires_at=timezone.now() - timedelta(seconds=1))


def test_token_is_found_by_its_secret_and_kept_without_it() -> None:
    alice = make_user()
    token, secret = create_token(alice, name="laptop", scopes=[Scope.CHAT, Scope.READ])
    found = find_bearer(secret)
    assert found
    assert (found.user, found.token_id, found.scopes) == (alice, token.pk, frozenset({Scope.READ, Scope.CHAT}))
    assert (secret[:8], len(secret)) == ("sk-chat-", 51)
    row = ApiToken.objects.values().get()
    assert (row["token_hash"], row["prefix"]) == (hashlib.sha256(secret.encode()).hexdigest(), secret[:12])
    assert secret not in repr(row)


@pytest.mark.parametrize("spoil", [str.upper, lambda s: s[:-1], lambda s: s + "x", lambda s: s[:-1] + "\ud800"])
def test_what_is_no_token_finds_nobody(spoil: Callable[[str], str]) -> None:
    secret = make_token(make_user())
    assert find_bearer(spoil(secret)) is None
    assert find_bearer("") is None
    assert find_bearer(secret)


def test_expired_token_finds_nobody() -> None:
    alice = make_user()
    secret = make_token(alice, expires_at=timezone.now() + timedelta(days=1))
    assert find_bearer(secret)
    expire(alice)
    assert find_bearer(secret) is None


def test_revoked_token_finds_nobody_at_once() -> None:
    alice = make_user()
    token, secret = create_token(alice, name="a", scopes=[Scope.READ])
    other = make_token(alice)
    revoke_token(alice, token.pk)
    assert find_bearer(secret) is None
    assert find_bearer(other)
    assert revoke_all(alice) == 1
    assert find_bearer(other) is None


def test_token_of_somebody_else_is_not_there_to_revoke() -> None:
    token, secret = create_token(make_user(), name="a", scopes=[Scope.READ])
    bob = make_user()
    with pytest.raises(NotFound):
        revoke_token(bob, token.pk)
    assert revoke_all(bob) == 0
    assert find_bearer(secret)


def test_token_is_dead_while_its_person_is_suspended() -> None:
    alice = make_user()
    secret = make_token(alice)
    suspend_user(alice)
    assert find_bearer(secret) is None
    reinstate_user(alice)
    assert find_bearer(secret)


def test_token_goes_with_its_account() -> None:
    alice = make_user()
    secret = make_token(alice)
    alice.delete()
    assert find_bearer(secret) is None


def test_use_is_noted_once_a_minute(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    secret = make_token(make_user())
    with django_assert_num_queries(2):
        find_bearer(secret)
    first = ApiToken.objects.get().last_used_at
    assert first
    with django_assert_num_queries(1):
        find_bearer(secret)
    assert ApiToken.objects.get().last_used_at == first
    ApiToken.objects.update(last_used_at=first - timedelta(minutes=2))
    find_bearer(secret)
    assert (ApiToken.objects.get().last_used_at or first) >= first


def test_scope_is_required_by_its_name() -> None:
    found = find_bearer(make_token(make_user(), Scope.READ))
    assert found
    found.require(Scope.READ)
    found.require(Scope.CHAT, Scope.READ)
    with pytest.raises(Forbidden, match="chat"):
        found.require(Scope.CHAT)


def test_admin_scope_is_for_operators_and_ends_when_they_are_none() -> None:
    with pytest.raises(Forbidden):
        create_token(make_user(), name="a", scopes=[Scope.ADMIN])
    operator = make_user(is_staff=True)
    secret = make_token(operator, Scope.ADMIN, Scope.READ)
    found = find_bearer(secret)
    assert found
    found.require(Scope.ADMIN)
    operator.is_staff = False
    operator.save()
    found = find_bearer(secret)
    assert found
    assert found.scopes == {Scope.READ}


def test_token_without_scopes_is_not_made() -> None:
    with pytest.raises(BadRequest):
        create_token(make_user(), name="a", scopes=[])
    assert not ApiToken.objects.exists()


def test_tokens_of_a_person_are_limited_and_expired_ones_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "MOST_TOKENS", 2)
    alice = make_user()
    make_token(make_user())
    make_token(alice)
    make_token(alice)
    with pytest.raises(Conflict, match="2"):
        make_token(alice)
    expire(alice)
    make_token(alice)
    assert ApiToken.objects.filter(user=alice).count() == 1


@pytest.mark.django_db(transaction=True)
def test_many_at_once_do_not_pass_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "MOST_TOKENS", 2)
    alice = make_user()

    def make(_number: int) -> bool:
        try:
            return bool(make_token(alice))
        except Conflict:
            return False

    assert at_once(6, make).count(True) == 2
    assert ApiToken.objects.count() == 2
