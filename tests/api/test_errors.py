"""Whatever is wrong with a request is said in one shape, and nothing of the inside is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from tests.support.tokens import bearer, make_token

if TYPE_CHECKING:
    from accounts.models import User

pytestmark = pytest.mark.urls("tests.api.routes")
NUL = json.dumps({"name": "a\0b"})


def send(alice: User, body: str | bytes, content_type: str = "application/json", **headers: str) -> Any:
    client = Client(raise_request_exception=False)
    return client.post("/api/things", body, content_type, headers=bearer(make_token(alice)) | headers)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[]",
        "null",
        '"name"',
        "\xff",
        b"\xff\xfe",
        '{"name": NaN}',
        '{"name": "a", "count": 1e400}',
        '{"name": "a", "count": Infinity}',
        '{"name": "\\ud800"}',
        NUL,
        json.dumps({"name": "a", "a\0": 1}),
        '{"name": ' * 2000,
        "[" * 100_000 + "]" * 100_000,
        '{"name": "a", "unknown": 1}',
        '{"name": "a", "count": "5"}',
        '{"name": "a", "count": true}',
        '{"name": "a", "count": 1.5}',
        '{"name": "a", "is_good": 1}',
        '{"name": "a", "is_good": "true"}',
        '{"name": "a", "other": "no id"}',
        '{"name": 5}',
        '{"name": ""}',
        '{"name": "%s"}' % ("a" * 21),
        '{"count": 1}',
    ],
)
def test_a_body_that_is_wrong_is_a_bad_request(alice: User, body: str | bytes) -> None:
    answer = send(alice, body)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request"), answer.content
    assert set(answer.json()) - {"details"} == {"code", "message", "request_id"}


def test_details_name_the_field_and_never_what_was_sent(alice: User) -> None:
    answer = send(alice, '{"name": "sk-secret-sk-secret-sk-secret", "other": "sk-secret", "sk": "sk-secret"}')
    assert [one["field"] for one in answer.json()["details"]] == ["body.name", "body.other", "body.sk"]
    assert "sk-secret" not in answer.content.decode()


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]
)
def test_a_body_that_is_no_json_is_an_unsupported_media_type(alice: User, content_type: str) -> None:
    answer = send(alice, '{"name": "a"}', content_type)
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type"), answer.content


def test_a_form_with_a_session_is_an_unsupported_media_type(alice: User) -> None:
    client = Client()
    client.force_login(alice)
    assert client.post("/api/things", {"name": "a"}).status_code == 415


def test_unknown_parameters_are_named(alice: User) -> None:
    answer = Client().get("/api/things?limit=5&lmit=6", headers=bearer(make_token(alice)))
    assert (answer.status_code, answer.json()["details"][0]["field"]) == (400, "query.lmit")


@pytest.mark.parametrize("limit", ["0", "101", "-1", "1e3", "ten", ""])
def test_a_limit_out_of_reach_is_named(alice: User, limit: str) -> None:
    answer = Client().get(f"/api/things?limit={limit}", headers=bearer(make_token(alice)))
    assert (answer.status_code, answer.json()["details"][0]["field"]) == (400, "query.limit")


def test_a_bug_tells_only_its_reference(alice: User, caplog: pytest.LogCaptureFixture) -> None:
    answer = send(alice, '{"name": "break"}')
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "inside" not in answer.content.decode()
    assert answer.json()["request_id"] in caplog.text
    assert "the inside" in caplog.text


def test_waiting_is_told_where_it_helps(alice: User) -> None:
    answer = send(alice, '{"name": "fail"}')
    assert (answer.status_code, answer.json()["code"], answer["Retry-After"]) == (503, "unavailable", "3")


def test_an_address_that_is_not_there_is_told_in_the_shape(alice: User) -> None:
    answer = Client().get("/api/nothing")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert len(answer.json()["request_id"]) == 32


def test_a_method_that_is_not_there_is_told_in_the_shape(alice: User) -> None:
    answer = Client().delete("/api/things")
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert set(answer["Allow"].split(", ")) == {"GET", "POST"}


def test_messages_speak_the_language_of_who_asks(alice: User) -> None:
    answer = Client().get("/api/nothing", headers={"Accept-Language": "de"})
    assert "Adresse" in answer.json()["message"]


def test_a_session_needs_its_token(alice: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    answer = client.post("/api/things", '{"name": "a"}', "application/json")
    assert (answer.status_code, answer.json()["code"]) == (403, "csrf_failed")
    client.cookies["csrf"] = "a" * 32
    answer = client.post("/api/things", '{"name": "a"}', "application/json", headers={"X-CSRFToken": "a" * 32})
    assert answer.status_code == 201
