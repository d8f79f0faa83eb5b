"""Counting: how many are let through, what the others are told, and how a wait is put into words."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.core.cache import caches
from django.core.management import call_command

from accounts import limits
from chatproject.errors import TooManyRequests
from tests.accounts.acting import at_once

if TYPE_CHECKING:
    from tests.support.homes import Home

WORDS = {
    0: "1 second",
    1: "1 second",
    22.2: "23 seconds",
    59: "59 seconds",
    59.5: "1 minute",
    60: "1 minute",
    61: "2 minutes",
    3540: "59 minutes",
    3541: "1 hour",
    3600: "1 hour",
    3601: "2 hours",
}


def test_hit_counts_down_and_then_refuses() -> None:
    who = uuid4()
    decisions = [limits.hit(limits.MESSAGES, who, "3/d") for _ in range(5)]
    assert [decision.remaining for decision in decisions] == [2, 1, 0, 0, 0]
    assert [decision.allowed for decision in decisions] == [True, True, True, False, False]
    assert [decision.retry_after for decision in decisions[:3]] == [0, 0, 0]
    assert all(0 < decision.retry_after <= limits.DAY for decision in decisions[3:])
    assert {decision.limit for decision in decisions} == {3}


def test_hit_keeps_people_and_scopes_apart() -> None:
    one, other = uuid4(), uuid4()
    assert limits.hit(limits.MESSAGES, one, "1/d").allowed
    assert not limits.hit(limits.MESSAGES, one, "1/d").allowed
    assert limits.hit(limits.MESSAGES, other, "1/d").allowed
    assert limits.hit("uploads", one, "1/d").allowed


def test_wait_is_never_longer_than_the_window_and_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    who, now = uuid4(), 1_800_000_000.0
    monkeypatch.setattr(time, "time", lambda: now)
    caches["ratelimit"].clear()
    assert limits.hit(limits.MESSAGES, who, "1/m").allowed
    refused = limits.hit(limits.MESSAGES, who, "1/m")
    assert 1 <= refused.retry_after <= 60
    now += refused.retry_after - 1
    assert not limits.hit(limits.MESSAGES, who, "1/m").allowed
    now += 1
    assert limits.hit(limits.MESSAGES, who, "1/m").allowed


def test_hit_is_right_under_parallel_threads(home: Home, db: None) -> None:
    who = uuid4()
    decisions = at_once(30, lambda _: limits.hit(limits.MESSAGES, who, "20/d"))
    assert sum(decision.allowed for decision in decisions) == 20


@pytest.mark.parametrize(("seconds", "words"), WORDS.items())
def test_wait_in_words(seconds: float, words: str) -> None:
    assert limits.in_words(seconds) == words


def test_refusal_is_the_one_sentence_with_the_wait() -> None:
    who = uuid4()
    limits.require(limits.MESSAGES, who, "1/d")
    with pytest.raises(TooManyRequests) as refusal:
        limits.require(limits.MESSAGES, who, "1/d")
    wait = refusal.value.retry_after
    assert wait
    assert refusal.value.message == f"Too many requests, please try again after {limits.in_words(wait)}"


def test_given_back_attempt_was_none() -> None:
    who = uuid4()
    limits.give_back(limits.MESSAGES, who, "2/d")  # nothing is counted yet
    for _ in range(5):
        assert limits.hit(limits.MESSAGES, who, "2/d").remaining == 1
        limits.give_back(limits.MESSAGES, who, "2/d")
    limits.hit(limits.MESSAGES, who, "2/d")
    limits.hit(limits.MESSAGES, who, "2/d")
    assert not limits.hit(limits.MESSAGES, who, "2/d").allowed
    limits.forget(limits.MESSAGES, who, "2/d")
    assert limits.hit(limits.MESSAGES, who, "2/d").remaining == 1


def test_a_day_of_many_others_does_not_push_a_count_out() -> None:
    """Hold it for the memory of the only process, which throws entries out when it is full; Redis has no such bound."""
    who = uuid4()
    assert limits.hit(limits.MESSAGES, who, "1/d").allowed
    for number in range(20_000):
        limits.hit(limits.MESSAGES, number, "1/d")
    assert not limits.hit(limits.MESSAGES, who, "1/d").allowed


def test_nothing_of_the_checks_has_to_be_silenced() -> None:
    call_command("check", fail_level="WARNING")
