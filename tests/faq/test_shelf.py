"""Answers that are kept: under all that they depend on, for as long as they may, and never at the cost of a reply."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.core.cache import caches
from django.utils import timezone

from chatproject.errors import Unavailable
from faq.shelf import LONGEST_ANSWER, Place

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings


def place(**what: Any) -> Place:
    return Place.of(60, **{"question": uuid4().hex, **what})


def test_answer_is_kept_with_its_date() -> None:
    there = place()
    assert there.get() is None
    there.put("Yes.")
    kept = there.get()
    assert kept is not None
    assert kept.text == "Yes."
    assert timedelta(0) <= timezone.now() - kept.made_at < timedelta(minutes=1)


def test_place_is_another_one_for_every_difference() -> None:
    same = {"question": "why", "model": "openai/a", "instructions": ["Be kind."], "options": {"a": 1, "b": 2}}
    different: tuple[dict[str, Any], ...] = (
        {"question": "who"},
        {"model": "openai/b"},
        {"instructions": ["Be", "kind."]},
        {"instructions": []},
        {"options": {"a": 1, "b": "2"}},
    )
    names = {Place.of(60, **{**same, **other}).name for other in ({}, *different)}
    assert len(names) == 1 + len(different)
    assert Place.of(60, **{**same, "options": {"b": 2, "a": 1}}).name == Place.of(5, **same).name


def test_answer_that_is_there_stays_until_it_is_dropped() -> None:
    there = place()
    assert there.put("First.")
    assert not there.put("Second.")
    kept = there.get()
    assert kept is not None
    assert kept.text == "First."
    there.drop()
    assert there.put("Second.")


def test_each_asker_may_fill_a_place_once() -> None:
    there, other = place(), place()
    assert [there.claim("alice"), there.claim("alice"), there.claim("bob")] == [True, False, True]
    assert other.claim("alice")


@pytest.mark.parametrize("text", ["", "  \n", "a" * (LONGEST_ANSWER + 1)])
def test_nothing_and_too_much_are_not_kept(text: str) -> None:
    there = place()
    there.put(text)
    assert there.get() is None


def test_answer_whose_time_is_up_is_gone() -> None:
    there = Place.of(0, question=uuid4().hex)
    there.put("Yes.")
    assert there.get() is None


def test_reply_does_not_depend_on_the_cache(settings: Settings) -> None:
    backend = "chatproject.cache.CircuitRedisCache"
    settings.CACHES = {**settings.CACHES, "faq": {"BACKEND": backend, "LOCATION": "redis://127.0.0.1:1/0"}}
    there = place()
    with pytest.raises(Unavailable):
        caches["faq"].get("anything")
    assert not there.put("Yes.")
    assert there.get() is None


def test_without_the_cache_nobody_fills_a_place(settings: Settings) -> None:
    backend = "chatproject.cache.CircuitRedisCache"
    settings.CACHES = {**settings.CACHES, "default": {"BACKEND": backend, "LOCATION": "redis://127.0.0.1:1/0"}}
    assert not place().claim("alice")
