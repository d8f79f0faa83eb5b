"""What is sent twice under one key happens once."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client, RequestFactory
from django.utils import timezone

from accounts.tokens import Scope
from api.auth import Caller
from api.idempotency import ABANDONED_AFTER, KEPT_FOR, name_request, remove_old_answers
from api.models import KeptAnswer
from conversations.models import Folder, Tag
from tests.support.server import on_both_servers
from tests.support.tokens import bearer, make_token

if TYPE_CHECKING:
    from accounts.models import User
    from tests.support.server import Server

pytestmark = pytest.mark.django_db
things = pytest.mark.urls("tests.api.routes")


def send(user: User, name: str = "A thing", key: str = "one", path: str = "/api/things") -> Any:
    headers = bearer(make_token(user)) | {"Idempotency-Key": key}
    client = Client(raise_request_exception=False)
    return client.post(path, json.dumps({"name": name}), "application/json", headers=headers)


@things
def test_a_repeat_gets_the_first_answer_and_does_nothing(alice: User) -> None:
    first, second = send(alice), send(alice)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert (second["Idempotent-Replayed"], "Idempotent-Replayed" in first) == ("true", False)
    assert second["Content-Type"] == first["Content-Type"]
    assert Tag.objects.count() == 1


@things
def test_without_a_key_nothing_is_kept(alice: User) -> None:
    body = json.dumps({"name": "A thing"})
    Client().post("/api/things", body, "application/json", headers=bearer(make_token(alice)))
    assert KeptAnswer.objects.count() == 0


@things
@pytest.mark.parametrize(("name", "path"), [("Another", "/api/things"), ("A thing", "/api/other-things")])
def test_a_key_is_good_for_one_request(alice: User, name: str, path: str) -> None:
    send(alice)
    answer = send(alice, name, path=path)
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_key_reused")
    assert Tag.objects.count() == 1


@things
def test_keys_are_a_persons_own(alice: User, bob: User) -> None:
    assert send(alice).json()["id"] != send(bob).json()["id"]


@things
@pytest.mark.parametrize("name", ["fail", "break"])
def test_a_failure_leaves_the_key_free(alice: User, name: str) -> None:
    assert send(alice, name).status_code >= 500
    assert KeptAnswer.objects.count() == 0
    assert send(alice).status_code == 201


@things
@pytest.mark.parametrize("key", ["", "a" * 256, "a\tb", "ü"])
def test_a_key_that_nobody_can_keep_is_refused(alice: User, key: str) -> None:
    assert send(alice, key=key).status_code == 400
    assert Tag.objects.count() == 0


@things
def test_while_the_first_is_answered_the_second_waits(alice: User) -> None:
    send(alice)
    KeptAnswer.objects.update(status=None)
    answer = send(alice)
    assert (answer.status_code, answer.json()["code"], answer["Retry-After"]) == (409, "in_progress", "1")
    KeptAnswer.objects.update(created_at=timezone.now() - ABANDONED_AFTER - timedelta(seconds=1))
    Tag.objects.all().delete()
    assert send(alice).status_code == 201


@things
def test_a_day_later_the_key_is_free_and_the_answer_gone(alice: User) -> None:
    send(alice)
    KeptAnswer.objects.update(created_at=timezone.now() - KEPT_FOR - timedelta(seconds=1))
    assert send(alice, "Another").status_code == 201
    KeptAnswer.objects.update(created_at=timezone.now() - KEPT_FOR - timedelta(seconds=1))
    assert remove_old_answers() == 1
    assert remove_old_answers() == 0


@things
def test_neither_key_nor_answer_is_kept_readably(alice: User) -> None:
    send(alice, "A secret thing", "a-secret-key")
    assert b"secret" not in repr(KeptAnswer.objects.values()).encode()


@things
def test_an_answer_that_can_no_longer_be_read_is_not_made_twice(alice: User) -> None:
    send(alice)
    KeptAnswer.objects.update(body=b"broken")
    assert send(alice).status_code == 409
    assert Tag.objects.count() == 1


@things
def test_an_operation_may_know_its_repeats_itself(alice: User) -> None:
    assert [send(alice, path="/api/knowing").json(), send(alice, path="/api/knowing").json()] == [["one"], ["one"]]
    assert KeptAnswer.objects.count() == 0


@things
@pytest.mark.django_db(transaction=True)
def test_an_operation_on_the_loop_keeps_its_answers_too(alice: User) -> None:
    first, second = (send(alice, path="/api/asked") for _ in range(2))
    assert (first.content, second["Idempotent-Replayed"]) == (second.content, "true")
    assert send(alice, "fail", "two", "/api/asked").status_code == 503
    assert KeptAnswer.objects.count() == 1


@on_both_servers
def test_of_many_at_once_one_is_done(server: Server) -> None:
    person = server.sign_up("hasty")
    with server.database():
        headers = bearer(make_token(person)) | {"Idempotency-Key": "one", "Content-Type": "application/json"}

    def make(_: int) -> Any:
        return server.request("POST", "/api/folders", None, headers, b'{"name": "A folder"}')

    with ThreadPoolExecutor(10) as threads:
        answers = list(threads.map(make, range(10)))
    assert {answer.status for answer in answers} <= {201, 409}
    assert {answer.json()["code"] for answer in answers if answer.status == 409} <= {"in_progress"}
    assert len({answer.json()["id"] for answer in answers if answer.status == 201}) == 1
    with server.database():
        assert Folder.objects.filter(user=person.user_id).count() == 1


@things
def test_large_answers_are_not_kept_and_what_is_asked_for_is_done_again(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.idempotency.LARGEST_KEPT", 10)
    assert send(alice).status_code == 201
    assert KeptAnswer.objects.count() == 0
    Tag.objects.all().delete()
    assert send(alice).status_code == 201
    assert Tag.objects.count() == 1


@things
def test_the_oldest_keys_of_a_person_make_room(alice: User, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.idempotency.MOST_KEPT", 2)
    send(bob, key="one")
    for key in ("one", "two", "three"):
        send(alice, name=key, key=key)
    assert KeptAnswer.objects.filter(user=alice).count() == 2
    assert KeptAnswer.objects.filter(user=bob).count() == 1
    assert send(alice, name="three", key="three")["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in send(alice, name="one", key="one")


def test_a_key_of_a_day_ago_names_another_request(alice: User) -> None:
    def name() -> str | None:
        request: Any = RequestFactory().post("/api/chat", b"{}", "application/json", headers={"Idempotency-Key": "one"})
        request.auth = Caller(alice, frozenset(Scope))
        return name_request(request)

    names = [name(), name()]
    assert names[0]
    assert names[0] == names[1]
    KeptAnswer.objects.update(created_at=timezone.now() - 2 * KEPT_FOR)
    assert name() not in {*names, None}
