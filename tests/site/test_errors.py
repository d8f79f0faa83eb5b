"""What people and programs see when something is wrong: a sentence and a way on, and nothing of the inside."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.http import HttpRequest

from chatproject import views
from chatproject.errors import NotFound, TooManyRequests
from tests.support.server import on_both_servers

if TYPE_CHECKING:
    from tests.support.server import Server

INSIDE = ("Traceback", "site-packages", "chatproject", "Django", "csrfmiddlewaretoken missing", "/home", "Resolver")


def assert_kind(text: str) -> None:
    assert [word for word in INSIDE if word in text] == []


@on_both_servers
def test_missing_page_says_so(server: Server) -> None:
    answer = server.get("/no/such/page/")
    assert (answer.status, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "There is nothing at this address" in answer.text
    assert_kind(answer.text)


@on_both_servers
def test_form_without_token_is_refused_kindly(server: Server) -> None:
    answer = server.request("POST", "/accounts/login/", headers={"Origin": server.origin}, body="a=b")
    assert answer.status == 403
    assert "Please reload it and try again" in answer.text
    assert_kind(answer.text)


@on_both_servers
def test_form_from_another_site_is_refused(server: Server) -> None:
    token = "a" * 32
    headers = {"Origin": "https://evil.example", "Cookie": f"csrf={token}", "X-CSRFToken": token}
    assert server.request("POST", "/accounts/login/", headers=headers, body="a=b").status == 403


@on_both_servers
def test_program_gets_errors_as_json(server: Server) -> None:
    alice = server.sign_up()
    foreign = server.get(f"/c/{uuid4()}/", None, Cookie=alice.cookie, Accept="application/json")
    assert (foreign.status, foreign.headers["content-type"]) == (404, "application/json")
    assert foreign.json()["error"]["code"] == "not_found"
    assert set(foreign.json()["error"]) == {"code", "message"}
    missing = server.get("/no/such/page/", Accept="application/json")
    assert missing.json()["error"]["code"] == "not_found"


@on_both_servers
@pytest.mark.parametrize("conversation_id", ["1", "x" * 10_000, "1%20OR%201=1", "../admin", "%00", "0199c0de-0000-7"])
def test_malformed_ids_are_nothing(server: Server, conversation_id: str) -> None:
    alice = server.sign_up()
    assert server.get(f"/c/{conversation_id}/", alice).status in {400, 404}
    assert server.get("/healthz").status == 200


def test_domain_error_keeps_its_sentence_status_and_wait() -> None:
    answer = views.error_response(request_for("text/html"), TooManyRequests("Slow down a little.", retry_after=2.6))
    assert (answer.status_code, answer["Retry-After"]) == (429, "3")
    assert "Slow down a little." in answer.content.decode()


def test_domain_error_is_escaped() -> None:
    answer = views.error_response(request_for("text/html"), NotFound("<script>alert(1)</script>"))
    assert "<script>alert" not in answer.content.decode()


def test_unexpected_error_shows_a_reference_that_the_log_has(caplog: pytest.LogCaptureFixture) -> None:
    text = views.server_error(request_for("text/html")).content.decode()
    reference = caplog.messages[-1].split()[1].rstrip(":")
    assert len(reference) == 8
    assert reference in text
    assert_kind(text)


def test_forbidden_and_bad_requests_have_their_own_words() -> None:
    forbidden = views.permission_denied(request_for("text/html"), PermissionError("inside"))
    bad = views.bad_request(request_for("application/json"), ValueError("inside"))
    assert (forbidden.status_code, bad.status_code) == (403, 400)
    assert "inside" not in forbidden.content.decode() + bad.content.decode()


def request_for(accept: str) -> HttpRequest:
    request = HttpRequest()
    request.META["HTTP_ACCEPT"] = accept
    return request
