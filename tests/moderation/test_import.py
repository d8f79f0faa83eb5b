"""The page that takes a file of words: tried or taken, how far it is, what the log keeps, and who learns what of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from audit.models import Entry
from chatproject.database import in_database
from conversations.recent import count_recently_said, recently_said
from moderation import importing, word_files
from moderation.models import Direction, SensitiveWord
from moderation.trial import Said, say_what_was_said, try_words
from moderation.word_files import parse_words
from tests.moderation.rows import add_word
from tests.support.factories import make_user

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client

pytestmark = pytest.mark.django_db

IMPORT = reverse("admin:moderation_sensitiveword_import")
AT = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
SAID = [
    *(Said(Direction.INPUT, f"so bad {number}", AT, uuid4()) for number in range(7)),
    Said(Direction.INPUT, "a rare thing", AT, uuid4()),
    Said(Direction.OUTPUT, "fine", AT, uuid4()),
]


@pytest.fixture(autouse=True)
def _said() -> Iterator[None]:
    say_what_was_said(lambda: iter(SAID), lambda: len(SAID))
    yield
    say_what_was_said(recently_said, count_recently_said)


@pytest.fixture
def operator(client: Client) -> Client:
    """Sign in who may change words and read nobody."""
    person = make_user("op@example.org", is_staff=True)
    person.user_permissions.set(Permission.objects.filter(codename__endswith="_sensitiveword"))
    client.force_login(person)
    return client


@pytest.fixture
def superuser(client: Client) -> Client:
    client.force_login(make_user("root@example.org", is_staff=True, is_superuser=True))
    return client


def upload(content: bytes, name: str = "words.csv", **changed: Any) -> dict[str, Any]:
    file = SimpleUploadedFile(name, content)
    return {"file": file, "action": "flag", "direction": "both", "whole_word": "on", **changed}


def post(client: Client, content: bytes, **changed: Any) -> str:
    return client.post(IMPORT, upload(content, **changed)).content.decode()


def test_file_is_tried_and_then_imported(superuser: Client) -> None:
    tried = post(superuser, b"pattern\nbad\nrare\n", dry_run="on")
    assert "found in 8 of 9 texts, all of the last 30 days" in tried
    assert "<td>rare</td><td>1</td>" in tried
    assert "so bad" not in tried, "nobody's words are shown"
    assert not SensitiveWord.objects.exists()
    assert "2 words are in the list" in post(superuser, b"pattern\nbad\nrare\n")
    assert {word.pattern for word in SensitiveWord.objects.all()} == {"bad", "rare"}


def test_who_may_not_read_people_learns_no_small_number(operator: Client) -> None:
    tried = post(operator, b"pattern\nbad\nrare\nfine\n", dry_run="on")
    assert "<td>bad</td><td>7</td>" in tried
    assert "<td>rare</td>" not in tried
    assert "fewer than 5 other people are not shown" in tried
    found, nothing = (post(operator, pattern, dry_run="on") for pattern in (b"pattern\nrare\n", b"pattern\nnever\n"))
    assert "found in texts of fewer than 5 other people each, among 9 texts" in found
    assert "found in texts of fewer than 5 other people each, among 9 texts" in nothing


def test_who_may_not_read_people_does_not_learn_what_a_rare_word_adds(operator: Client) -> None:
    for patterns in (b"pattern\nbad\nrare\n", b"pattern\nbad\nnever\n"):
        assert "texts of at least 7 other people, among 9 texts" in post(operator, patterns, dry_run="on")
    several = post(operator, b"pattern\nbad 1\nbad 2\nbad 3\nrare\nfine\n", dry_run="on")
    assert "texts of fewer than 5 other people each" in several


def test_own_texts_and_many_of_one_person_tell_nothing_of_others(operator: Client) -> None:
    asker, talker = get_user_model().objects.get().pk, uuid4()
    padding = [Said(Direction.INPUT, "a rare thing", AT, person) for person in (*(asker, talker) * 5, uuid4(), uuid4())]
    say_what_was_said(lambda: iter(padding), lambda: len(padding))
    tried = post(operator, b"pattern\nrare\nthing\n", dry_run="on")
    assert "texts of fewer than 5 other people each, among 12 texts" in tried
    assert "<td>rare</td>" not in tried
    more = [*padding, *(Said(Direction.OUTPUT, "rare", AT, uuid4()) for _ in range(2))]
    say_what_was_said(lambda: iter(more), lambda: len(more))
    assert "<td>rare</td><td>5</td>" in post(operator, b"pattern\nrare\nthing\n", dry_run="on")


def test_each_attempt_is_in_the_log(operator: Client) -> None:
    post(operator, b"pattern\nbad\nrare\n", dry_run="on")
    entry = Entry.objects.get()
    assert (entry.actor_label, entry.action) == ("op@example.org", "try words")
    assert (entry.changes["words"], entry.changes["first"]) == (2, ["bad", "rare"])


def test_import_names_each_word_that_it_adds_or_changes(operator: Client) -> None:
    add_word("bad", action="block")
    old = SensitiveWord.objects.get()
    post(operator, b"pattern,action,direction\nBad,flag,both\nnew,mask,in\n")
    changed = Entry.objects.get(target_id=str(old.pk))
    assert changed.action == "import words"
    assert changed.changes["action"] == ["block", "flag"]
    assert Entry.objects.get(action="add").target_label == "new"
    summary = Entry.objects.get(target_id="")
    assert (summary.changes["file"], summary.changes["added"], summary.changes["changed"]) == ("words.csv", 1, 1)
    assert SensitiveWord.objects.get(pk=old.pk).updated_at > old.updated_at


def test_long_import_is_in_the_log_by_its_numbers_and_digest(operator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "MOST_RECORDED", 2)
    post(operator, b"one\ntwo\nthree\n", name="w.txt")
    entry = Entry.objects.get()
    assert (entry.changes["words"], entry.changes["added"], len(entry.changes["sha256"])) == (3, 3, 64)


def test_long_import_names_each_rule_that_acts_otherwise(operator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "MOST_RECORDED", 3)
    add_word("blocked", action="block")
    add_word("off", action="flag", enabled=False)
    add_word("part", action="flag", whole_word=False)
    add_word("same", action="flag", note="old")
    add_word("elsewhere", action="block")
    post(operator, b"blocked\noff\npart\nsame\nnew\n", name="w.txt")
    told = {entry.target_label: entry.changes for entry in Entry.objects.exclude(target_id="")}
    assert set(told) == {"blocked", "off", "part"}
    assert told["blocked"]["action"] == ["block", "flag"]
    assert told["off"]["enabled"] == [False, True]
    assert told["part"]["whole_word"] == [False, True]


def test_list_does_not_grow_beyond_what_a_process_holds(operator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word_files, "MOST_IN_LIST", 2)
    add_word("bad")
    assert "The list would have 3 entries" in post(operator, b"one\ntwo\n", name="w.txt")
    assert "more than 2 entries" in post(operator, b"one\ntwo\nthree\n", name="w.txt")
    assert [word.pattern for word in SensitiveWord.objects.all()] == ["bad"]
    assert not Entry.objects.filter(action="import words").exists()


def test_trial_says_how_far_it_came() -> None:
    words = parse_words(b"bad\n", is_csv=False).words
    trial = try_words(words, SAID, total=len(SAID), seconds=-1)
    assert (trial.texts, trial.total, trial.is_whole) == (0, 9, False)
    whole = try_words(words, SAID, total=len(SAID))
    assert (whole.texts, whole.hit, whole.since, whole.is_whole) == (9, 7, AT, True)


def test_page_says_since_when_it_looked(superuser: Client) -> None:
    say_what_was_said(lambda: iter(SAID), lambda: 1000)
    tried = post(superuser, b"pattern\nbad\n", dry_run="on")
    assert "7 of 9 texts since 2026-01-02 03:04 UTC, the newest of 1000 of the last 30 days" in tried


def test_faulty_file_is_refused_with_its_line(operator: Client) -> None:
    assert "Line 3:" in post(operator, b"pattern,action\ngood,flag\nbad,never\n")
    assert not SensitiveWord.objects.exists()
    assert "This field is required" in operator.post(IMPORT, {"action": "flag"}).content.decode()


@pytest.mark.django_db(transaction=True)
async def test_progress_is_told_line_by_line(async_client: Any) -> None:
    person = await in_database(make_user, "root@example.org", is_staff=True, is_superuser=True)
    await in_database(async_client.force_login, person)
    content = "".join(f"word{number}\n" for number in range(3000)).encode()
    answer = await async_client.post(IMPORT, upload(content, name="w.txt"), headers={"Accept": "application/x-ndjson"})
    lines = [json.loads(line) async for line in answer.streaming_content]
    stored = [line["done"] for line in lines if line.get("what") == "Storing words"]
    assert stored == [500, 1000, 1500, 2000, 2500, 3000]
    assert [line["total"] for line in lines if line.get("what") == "Reading lines"][-1] == 3001
    assert "3000 words are in the list" in lines[-1]["page"]
    assert await in_database(SensitiveWord.objects.count) == 3000
