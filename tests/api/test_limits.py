"""What is left of somebody's messages is told with every answer of what starts a model."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from django.core.cache import caches
from django.test import Client

from accounts import limits
from tests.support.tokens import bearer, make_token

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django.fixtures import Settings

    from accounts.models import User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.api.routes")]
NAMES = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")


@pytest.fixture(autouse=True)
def rate(settings: Settings) -> Iterator[str]:
    settings.RATE_LIMIT_MESSAGES = "3/h"
    caches[limits.CACHE].clear()
    yield settings.RATE_LIMIT_MESSAGES
    caches[limits.CACHE].clear()


def ask(user: User, name: str = "A thing") -> Any:
    body = json.dumps({"name": name})
    return Client().post("/api/asked", body, "application/json", headers=bearer(make_token(user)))


def test_what_is_left_is_told_and_looking_counts_nothing(alice: User, rate: str) -> None:
    assert [ask(alice)[name] for name in NAMES[:2]] == ["3", "3"]
    limits.require(limits.MESSAGES, alice.pk, rate)
    answers = [ask(alice), ask(alice), ask(alice, "fail")]
    assert [answer["X-RateLimit-Remaining"] for answer in answers] == ["2", "2", "2"]
    assert all(0 < int(answer["X-RateLimit-Reset"]) <= 3600 for answer in answers)


def test_nothing_is_left_after_the_last_and_never_less(alice: User, rate: str) -> None:
    for _ in range(5):
        limits.hit(limits.MESSAGES, alice.pk, rate)
    assert ask(alice)["X-RateLimit-Remaining"] == "0"


def test_what_starts_no_model_tells_nothing(alice: User) -> None:
    answer = Client().get("/api/things", headers=bearer(make_token(alice)))
    assert answer.status_code == 200
    assert not [name for name in NAMES if name in answer]


def test_strangers_are_told_nothing() -> None:
    answer = Client().post("/api/asked", "{}", "application/json")
    assert answer.status_code == 401
    assert not [name for name in NAMES if name in answer]
