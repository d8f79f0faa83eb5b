"""Operators' answers: how they are found, and when they are not."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.utils import timezone

from faq.entries import find_entry, list_duplicates, save_entry
from faq.models import Entry, Wording

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

pytestmark = pytest.mark.django_db


def add(question: str = "How do I pay?", **fields: Any) -> Entry:
    return save_entry(Entry(question=question, **{"answer": "By card.", **fields}))


def test_entry_is_found_by_every_wording() -> None:
    entry = add(variants="Can I pay by card?\n\n  How to PAY ")
    for asked in ("how do i pay", "can I pay by Card??", "How to PAY?"):
        assert find_entry(asked) == entry
    for asked in ("How do I not pay?", "HOW DO I PAY?", "How do I pay!", "How to pay?", "How do I", "pay", "", "???"):
        assert find_entry(asked) is None


def test_edited_entry_is_found_by_its_new_wordings_only() -> None:
    entry = add(variants="Old way?")
    entry.variants = "New way?"
    save_entry(entry)
    assert find_entry("old way") is None
    assert find_entry("new way") == entry
    assert Wording.objects.filter(entry=entry).count() == 2


def test_deleted_entry_is_not_found() -> None:
    add().delete()
    assert find_entry("How do I pay?") is None
    assert not Wording.objects.exists()


def test_repeated_wordings_are_kept_once() -> None:
    entry = add(variants="how do i pay\nHow do I  Pay??")
    assert entry.wordings.count() == 1


def test_entry_is_in_force_until_the_end_of_its_last_day() -> None:
    today = timezone.localdate()
    entry = add(valid_until=today)
    assert find_entry("How do I pay?") == entry
    Entry.objects.update(valid_until=today - timedelta(days=1))
    assert find_entry("How do I pay?") is None
    entry.refresh_from_db()
    assert (entry.is_expired, entry.is_in_force) == (True, False)


def test_of_two_entries_the_older_is_given_while_it_is_in_force() -> None:
    first, second = add(), add("Payment?", variants="How do I pay?")
    assert find_entry("how do i pay") == first
    assert (list_duplicates(first), list_duplicates(second)) == ([second], [first])
    first.active = False
    save_entry(first)
    assert find_entry("how do i pay") == second
    assert list_duplicates(second) == []


def test_entry_is_found_by_one_query_that_uses_the_index(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    entries = Entry.objects.bulk_create(Entry(question=f"Question {number}", answer="Yes.") for number in range(500))
    Wording.objects.bulk_create(Wording(entry=entry, key=f"{entry.pk:064}") for entry in entries)
    entry = add()
    with django_assert_num_queries(1) as queries:
        assert find_entry("How do I pay?") == entry
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            plan = cursor.execute(f"EXPLAIN QUERY PLAN {queries[0]['sql']}").fetchall()
        assert "SEARCH faq_wording USING COVERING INDEX" in str(plan)
        assert "SCAN" not in str(plan)
