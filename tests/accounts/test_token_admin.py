"""What operators see of tokens, revoke, and make for others."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from accounts.models import ApiToken
from accounts.tokens import Scope, find_bearer
from audit.models import Entry
from tests.support.factories import make_user
from tests.support.tokens import make_token

if TYPE_CHECKING:
    from django.test import Client

    from accounts.models import User

pytestmark = pytest.mark.django_db
LIST = "/admin/accounts/apitoken/"


@pytest.fixture
def operator(client: Client) -> User:
    operator = make_user("operator@example.org", is_staff=True)
    operator.groups.add(Group.objects.get(name="Operator"))
    client.force_login(operator)
    return operator


def delete_page(secret: str) -> str:
    return reverse("admin:accounts_apitoken_delete", args=[ApiToken.objects.get(prefix=secret[:12]).pk])


def test_operator_finds_tokens_by_person_or_beginning_and_sees_no_secret(client: Client, operator: User) -> None:
    alice = make_user("alice@example.org")
    mine, other = make_token(alice), make_token(make_user())
    token = ApiToken.objects.get(prefix=mine[:12])
    for term in ("alice@", mine[:12]):
        page = client.get(LIST, {"q": term}).content.decode()
        assert mine[:12] in page
        assert other[:12] not in page
    pages = [client.get(LIST), client.get(reverse("admin:accounts_apitoken_change", args=[token.pk]))]
    for page in (answer.content.decode() for answer in pages):
        assert mine[:12] in page
        assert mine not in page
        assert token.token_hash not in page


def test_operator_revokes_a_token_and_the_log_says_so(client: Client, operator: User) -> None:
    secret = make_token(make_user("alice@example.org"))
    digest = ApiToken.objects.get().token_hash
    client.post(delete_page(secret), {"post": "yes"})
    assert find_bearer(secret) is None
    entry = Entry.objects.filter(action="delete").get()
    assert (entry.actor_id, entry.target_type) == (operator.pk, "accounts.apitoken")
    assert "alice@example.org" in repr(entry.changes)
    assert digest not in repr(entry.changes)


def test_operator_does_not_revoke_what_is_an_operators(client: Client, operator: User) -> None:
    secret = make_token(make_user(is_staff=True))
    assert client.post(delete_page(secret), {"post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [ApiToken.objects.get().pk], "post": "yes"}
    client.post(LIST, chosen)
    assert find_bearer(secret)


def create(*arguments: str) -> str:
    out = StringIO()
    call_command("create_token", *arguments, stdout=out)
    return out.getvalue().strip()


def test_command_prints_a_token_that_works(client: Client) -> None:
    alice = make_user("alice@example.org")
    secret = create("Alice@Example.org", "--scopes", "read", "--name", "backup", "--days", "3")
    found = find_bearer(secret)
    assert found
    assert (found.user, found.scopes) == (alice, frozenset({Scope.READ}))
    token = ApiToken.objects.get()
    assert token.name == "backup"
    assert token.expires_at
    assert token.expires_at - timezone.now() < timedelta(days=3)
    entry = Entry.objects.get()
    assert (entry.actor_label, entry.action, entry.changes["person"]) == ("command", "create token", alice.email)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nobody@example.org"], "nobody@example.org"),
        (["gone@example.org"], "gone@example.org"),
        (["alice@example.org", "--scopes", "admin"], "operators"),
        (["alice@example.org", "--scopes", "everything"], "everything"),
        (["alice@example.org", "--days", "0"], "days"),
        (["alice@example.org", "--name", " "], "name"),
        (["alice@example.org", "--name", "x" * 61], "name"),
    ],
)
def test_command_refuses_what_cannot_be(arguments: list[str], said: str) -> None:
    make_user("alice@example.org")
    make_user("gone@example.org", is_active=False)
    with pytest.raises(CommandError, match=said):
        create(*arguments)
    assert not ApiToken.objects.exists()
