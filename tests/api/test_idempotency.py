"""What is sent twice under one key happens once."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.utils import timezone

from api.idempotency import ABANDONED_AFTER, KEPT_FOR, remove_old_answers
from api.models import KeptAnswer
from conversations.models import Tag
from tests.support.tokens import bearer, make_token

if TYPE_CHECKING:
    from accounts.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.api.routes")]


def send(user: User, name: str = "A thing", key: str = "one", path: str = "/api/things") -> Any:
    headers = bearer(make_token(user)) | {"Idempotency-Key": key}
    client = Client(raise_request_exception=False)
    return client.post(path, json.dumps({"name": name}), "application/json", headers=headers)


def test_a_repeat_gets_the_first_answer_and_does_nothing(alice: User) -> None:
    first, second = send(alice), send(alice)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert (second["Idempotent-Replayed"], "Idempotent-Replayed" in first) == ("true", False)
    assert second["Content-Type"] == first["Content-Type"]
    assert Tag.objects.count() == 1


def test_without_a_key_nothing_is_kept(alice: User) -> None:
    body = json.dumps({"name": "A thing"})
    Client().post("/api/things", body, "application/json", headers=bearer(make_token(alice)))
    assert KeptAnswer.objects.count() == 0


@pytest.mark.parametrize(("name", "path"), [("Another", "/api/things"), ("A thing", "/api/other-things")])
def test_a_key_is_good_for_one_request(alice: User, name: str, path: str) -> None:
    send(alice)
    answer = send(alice, name, path=path)
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_key_reused")
    assert Tag.objects.count() == 1


def test_keys_are_a_persons_own(alice: User, bob: User) -> None:
    assert send(alice).json()["id"] != send(bob).json()["id"]


@pytest.mark.parametrize("name", ["fail", "break"])
def test_a_failure_leaves_the_key_free(alice: User, name: str) -> None:
    assert send(alice, name).status_code >= 500
    assert KeptAnswer.objects.count() == 0
    assert send(alice).status_code == 201


@pytest.mark.parametrize("key", ["", "a" * 256, "a\tb", "ü"])
def test_a_key_that_nobody_can_keep_is_refused(alice: User, key: str) -> None:
    assert send(alice, key=key).status_code == 400
    assert Tag.objects.count() == 0


def test_while_the_first_is_answered_the_second_waits(alice: User) -> None:
    send(alice)
    KeptAnswer.objects.update(status=None)
    answer = send(alice)
    assert (answer.status_code, answer.json()["code"], answer["Retry-After"]) == (409, "in_progress", "1")
    KeptAnswer.objects.update(created_at=timezone.now() - ABANDONED_AFTER - timedelta(seconds=1))
    Tag.objects.all().delete()
    assert send(alice).status_code == 201


def test_a_day_later_the_key_is_free_and_the_answer_gone(alice: User) -> None:
    send(alice)
    KeptAnswer.objects.update(created_at=timezone.now() - KEPT_FOR - timedelta(seconds=1))
    assert send(alice, "Another").status_code == 201
    KeptAnswer.objects.update(created_at=timezone.now() - KEPT_FOR - timedelta(seconds=1))
    assert remove_old_answers() == 1
    assert remove_old_answers() == 0


def test_neither_key_nor_answer_is_kept_readably(alice: User) -> None:
    send(alice, "A secret thing", "a-secret-key")
    assert b"secret" not in repr(KeptAnswer.objects.values()).encode()


def test_an_answer_that_can_no_longer_be_read_is_not_made_twice(alice: User) -> None:
    send(alice)
    KeptAnswer.objects.update(body=b"broken")
    assert send(alice).status_code == 409
    assert Tag.objects.count() == 1


def test_an_operation_may_know_its_repeats_itself(alice: User) -> None:
    assert [send(alice, path="/api/knowing").json(), send(alice, path="/api/knowing").json()] == [["one"], ["one"]]
    assert KeptAnswer.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_an_operation_on_the_loop_keeps_its_answers_too(alice: User) -> None:
    first, second = (send(alice, path="/api/asked") for _ in range(2))
    assert (first.content, second["Idempotent-Replayed"]) == (second.content, "true")
    assert send(alice, "fail", "two", "/api/asked").status_code == 503
    assert KeptAnswer.objects.count() == 1
