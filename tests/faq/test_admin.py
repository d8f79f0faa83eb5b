"""The operators' page of answers."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from audit.models import Entry as AuditEntry
from faq.entries import find_entry, save_entry
from faq.forms import MOST_VARIANTS
from faq.models import LONGEST_ANSWER, LONGEST_LINE, Entry
from tests.support.factories import make_user

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db

LIST = reverse("admin:faq_entry_changelist")
ADD = reverse("admin:faq_entry_add")


@pytest.fixture
def operator(client: Client) -> Client:
    client.force_login(make_user("op@example.org", is_staff=True, is_superuser=True))
    return client


def fields(**typed: Any) -> dict[str, Any]:
    return {
        "question": "How do I pay?",
        "variants": "",
        "answer": "By card.",
        "active": "on",
        "valid_until": "",
        **typed,
    }


def make(**values: Any) -> Entry:
    return save_entry(Entry(**{"question": "How do I pay?", "answer": "By card.", **values}))


def change_address(entry: Entry) -> str:
    return reverse("admin:faq_entry_change", args=[entry.pk])


def text_of(client: Client, address: str, data: dict[str, Any]) -> str:
    return str(client.post(address, data, follow=True).content.decode())


def test_entry_is_written_changed_and_deleted(operator: Client) -> None:
    operator.post(ADD, fields(variants="Payment?\r\n\r\n  payment? \r\nPayment?"))
    entry = Entry.objects.get()
    assert entry.variants == "Payment?\npayment?"
    assert find_entry("payment") == entry
    operator.post(change_address(entry), fields(question="How may I pay?"))
    assert (find_entry("payment"), find_entry("how may i pay")) == (None, entry)
    operator.post(reverse("admin:faq_entry_delete", args=[entry.pk]), {"post": "yes"})
    assert find_entry("how may i pay") is None


def test_what_operators_change_is_in_the_log(operator: Client) -> None:
    operator.post(ADD, fields())
    entry = Entry.objects.get()
    operator.post(change_address(entry), fields(answer="In cash."))
    operator.post(LIST, {"action": "switch_off", "_selected_action": [entry.pk]})
    logged = list(AuditEntry.objects.filter(target_type="faq.entry").order_by("at", "id"))
    assert [one.action for one in logged] == ["add", "change", "switch_off"]
    assert logged[1].changes["answer"] == ["By card.", "In cash."]
    assert logged[2].changes["active"] == [True, False]


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"question": "  "}, "This field is required."),
        ({"question": "?!"}, "“?!” has no word in it."),
        ({"question": "a" * (LONGEST_LINE + 1)}, "at most 500 characters"),
        ({"variants": "Fine?\n..."}, "“...” has no word in it."),
        ({"variants": "a" * (LONGEST_LINE + 1)}, "has 501 characters; at most 500 can be kept."),
        ({"variants": "\n".join(map(str, range(MOST_VARIANTS + 1)))}, "These are 101 lines; at most 100 can be kept."),
        ({"answer": " "}, "This field is required."),
        ({"answer": "a" * (LONGEST_ANSWER + 1)}, "at most 20000 characters"),
        ({"answer": "a\0b"}, "Null characters are not allowed."),
        ({"valid_until": "soon"}, "Enter a valid date."),
        ({"valid_until": "2020-01-01"}, "This day is over."),
    ],
)
def test_what_cannot_be_kept_is_refused_with_the_reason(operator: Client, typed: dict[str, str], words: str) -> None:
    assert words in text_of(operator, ADD, fields(**typed))
    assert not Entry.objects.exists()


def test_today_is_a_last_day(operator: Client) -> None:
    operator.post(ADD, fields(valid_until=f"{timezone.localdate()}"))
    assert find_entry("how do i pay")


def test_expired_entry_can_be_mended(operator: Client) -> None:
    yesterday = timezone.localdate() - timedelta(days=1)
    entry = make(valid_until=yesterday)
    assert "no longer" in operator.get(LIST).content.decode()
    operator.post(change_address(entry), fields(answer="In cash.", valid_until=f"{yesterday}"))
    entry.refresh_from_db()
    assert entry.answer == "In cash."
    assert find_entry("how do i pay") is None


def test_second_answer_to_a_question_is_warned_of(operator: Client) -> None:
    first = make(variants="Payment?")
    page = text_of(operator, ADD, fields(question="Which ways to pay?", variants="payment"))
    assert f"“{first}” answers the same question. It is older, and is the one that is given." in page
    page = text_of(operator, change_address(first), fields(variants="Payment?"))
    assert "“Which ways to pay?” answers the same question. This one is older, and is the one that is given." in page
    listed = operator.get(LIST).content.decode()
    assert listed.count("where no older one is") == 1
    assert "answers the same" not in text_of(operator, ADD, fields(active=""))


@pytest.mark.parametrize(
    ("typed", "found"),
    [("pay", 2), ("card", 1), ("How  do i Pay??", 1), ("invoice", 1), ("how do i not pay", 0), ("???", 0)],
)
def test_search_knows_parts_and_whole_questions(operator: Client, typed: str, found: int) -> None:
    make()
    make(question="Payment", variants="Where is my invoice?", answer="By post.")
    page = operator.get(LIST, {"q": typed})
    assert page.context["cl"].result_count == found


def test_entries_are_switched_on_and_off_together(operator: Client) -> None:
    entries = [make(), make(question="Other?")]
    chosen = {"_selected_action": [entry.pk for entry in entries]}
    assert "2 switched off." in text_of(operator, LIST, {"action": "switch_off", **chosen})
    assert find_entry("how do i pay") is None
    assert "2 switched on." in text_of(operator, LIST, {"action": "switch_on", **chosen})
    assert find_entry("how do i pay") == entries[0]


def test_who_may_only_look_changes_nothing(client: Client) -> None:
    person = make_user(is_staff=True)
    person.user_permissions.set(Permission.objects.filter(codename="view_entry", content_type__app_label="faq"))
    client.force_login(person)
    entry = make()
    assert client.get(change_address(entry)).status_code == 200
    assert client.post(change_address(entry), fields(answer="Forged.")).status_code == 403
    assert client.post(ADD, fields()).status_code == 403
    client.post(LIST, {"action": "switch_off", "_selected_action": [entry.pk]})
    entry.refresh_from_db()
    assert (entry.answer, entry.active) == ("By card.", True)


def test_list_asks_the_database_as_often_for_many_as_for_one(operator: Client) -> None:
    make()
    operator.get(LIST)
    with CaptureQueriesContext(connection) as one:
        operator.get(LIST)
    for number in range(5):
        make(question=f"Question {number}")
    with CaptureQueriesContext(connection) as many:
        operator.get(LIST)
    assert len(many) == len(one)
