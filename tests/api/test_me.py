"""``GET /api/me``, and the two ways in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.test import Client

from accounts.tokens import Scope
from conversations.models import Role
from tests.support.factories import make_conversation, make_message
from tests.support.server import on_both_servers
from tests.support.tokens import bearer, make_token

if TYPE_CHECKING:
    from accounts.models import User
    from tests.support.server import Server


def test_a_token_tells_whose_it_is(alice: User) -> None:
    answer = Client().get("/api/me", headers=bearer(make_token(alice, Scope.READ)))
    assert answer.status_code == 200
    assert answer.json() | {"created_at": ""} == {
        "id": str(alice.pk),
        "email": "alice@example.org",
        "name": "Alice",
        "created_at": "",
        "is_operator": False,
        "scopes": ["read"],
    }


def test_a_session_lets_in_as_a_page_does(alice: User) -> None:
    client = Client()
    client.force_login(alice)
    assert client.get("/api/me").json()["scopes"] == ["chat", "read"]


@pytest.mark.django_db
@pytest.mark.parametrize("given", ["", "Bearer", "Bearer sk-chat-unknown", "Basic YTpi", "sk-chat-unknown"])
def test_anything_else_is_refused(given: str) -> None:
    answer = Client().get("/api/me", headers={"Authorization": given} if given else {})
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")
    assert answer.json()["code"] == "unauthorized"
    assert len(answer.json()["request_id"]) == 32


def test_a_wrong_token_is_not_mended_by_a_session(alice: User) -> None:
    client = Client()
    client.force_login(alice)
    assert client.get("/api/me", headers={"Authorization": "Bearer sk-chat-unknown"}).status_code == 401


def test_a_token_in_the_address_is_nobodys(alice: User) -> None:
    secret = make_token(alice)
    assert Client().get(f"/api/me?token={secret}&access_token={secret}").status_code == 401


def test_a_token_needs_one_of_the_scopes(alice: User) -> None:
    alice.is_staff = True
    alice.save()
    answer = Client().get("/api/me", headers=bearer(make_token(alice, Scope.ADMIN)))
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


@on_both_servers
def test_head_is_get_without_a_body(server: Server) -> None:
    alice = server.sign_up()
    headers = bearer(server.give_token(alice))
    for path in ("/api/me", "/api/conversations", "/api/openapi.json"):
        shown, head = (server.request(method, path, headers=headers) for method in ("GET", "HEAD"))
        assert (head.status, head.body) == (200, b"")
        assert head.headers["content-length"] == str(len(shown.body))
        assert head.headers["content-type"] == shown.headers["content-type"]
    assert server.request("HEAD", "/api/me").status == 401


@pytest.mark.django_db(transaction=True)  # it is read on the loop
def test_head_of_a_stream_tells_its_kind_and_no_more(alice: User) -> None:
    reply = make_message(make_conversation(alice), "Said.", role=Role.ASSISTANT)
    client = Client(headers=bearer(make_token(alice)))
    answer = client.head(f"/api/replies/{reply.pk}/events")
    assert (answer.status_code, answer["Content-Type"], answer.content) == (200, "text/event-stream", b"")
