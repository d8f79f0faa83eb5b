"""Checking what people write, following the list, reports and decisions."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from moderation.matcher import Matcher
from moderation.models import Action, AllowedPhrase, Direction, Incident, Kind, SensitiveWord, State
from moderation.services import (
    MERGED_WITHIN,
    MOST_OF_ONE_TEXT,
    BlockedWords,
    check_text,
    file_report,
    record_incidents,
)
from moderation.stream import screen
from moderation.words import WordList, note_change
from tests.moderation.listing import term
from tests.moderation.rows import add_word

if TYPE_CHECKING:
    from accounts.models import User

pytestmark = pytest.mark.django_db


def test_check_masks_flags_and_blocks(alice: User) -> None:
    add_word("masked", Action.MASK)
    add_word("flagged", Action.FLAG)
    checked = check_text(alice, "masked and flagged")
    assert checked.text == "•••••• and flagged"
    assert [finding.term.pattern for finding in checked.findings] == ["masked", "flagged"]
    assert not Incident.objects.exists()
    add_word("blocked")
    with pytest.raises(BlockedWords):
        check_text(alice, "masked and blocked")
    assert Incident.objects.count() == 2


def test_entry_that_is_off_and_allowed_phrases_count(alice: User) -> None:
    add_word("bad", enabled=False)
    assert check_text(alice, "bad").text == "bad"
    add_word("luck", whole_word=False)
    AllowedPhrase.objects.create(phrase="pluck")
    note_change()
    assert check_text(alice, "pluck").text == "pluck"


def test_every_process_follows_the_mark_of_the_list() -> None:
    elsewhere = WordList()
    elsewhere.refresh()
    assert elsewhere.matcher(Direction.OUTPUT).is_empty
    add_word("bad", direction=Direction.OUTPUT)
    elsewhere.refresh(at_most=60)
    assert elsewhere.matcher(Direction.OUTPUT).is_empty, "looked a moment ago"
    elsewhere.refresh()
    assert not elsewhere.matcher(Direction.OUTPUT).is_empty
    assert elsewhere.matcher(Direction.INPUT).is_empty
    known = elsewhere.matcher(Direction.OUTPUT)
    elsewhere.refresh()
    assert elsewhere.matcher(Direction.OUTPUT) is known, "nothing changed"


def test_incidents_of_one_text_are_bounded_and_the_strictest_stay(alice: User) -> None:
    flags = [f"flag{number}" for number in range(MOST_OF_ONE_TEXT + 5)]
    matcher = Matcher([*(term(flag, "flag") for flag in flags), term("block")])
    _, found = screen(matcher, " ".join([*flags, "block\0"]))
    incidents = record_incidents(alice.pk, found.findings, Direction.OUTPUT, uuid4())
    assert len(incidents) == MOST_OF_ONE_TEXT
    assert Incident.objects.filter(action=Action.BLOCK).count() == 1


def test_rule_makes_one_incident_of_one_text(alice: User) -> None:
    _, found = screen(Matcher([term("flag", "flag"), term("mask", "mask")]), "flag mask " * 500)
    subject = uuid4()
    first = record_incidents(alice.pk, found.findings, Direction.OUTPUT, subject)
    assert [incident.pattern for incident in first] == ["mask", "flag"]
    assert record_incidents(alice.pk, found.findings, Direction.OUTPUT, subject) == []
    assert len(record_incidents(alice.pk, found.findings, Direction.OUTPUT, uuid4())) == 2, "another message"


def test_refused_text_is_in_the_queue_once_until_somebody_decides_or_an_hour_is_over(alice: User, bob: User) -> None:
    add_word("bad")

    def refuse(person: User, text: str) -> int:
        with pytest.raises(BlockedWords):
            check_text(person, text)
        return Incident.objects.count()

    assert [refuse(alice, "So bad") for _ in range(3)] == [1, 1, 1]
    assert refuse(bob, "So bad") == 2
    assert refuse(alice, "Too bad") == 3
    Incident.objects.update(created_at=timezone.now() - MERGED_WITHIN)
    assert [refuse(alice, "So bad") for _ in range(2)] == [4, 4]
    Incident.objects.update(state=State.DISMISSED)
    assert refuse(alice, "So bad") == 5


def test_incident_stays_when_its_entry_goes(alice: User) -> None:
    word = add_word("bad")
    with pytest.raises(BlockedWords):
        check_text(alice, "bad")
    word.delete()
    incident = Incident.objects.get()
    assert (incident.rule, incident.pattern, incident.category) == (None, "bad", "insults")


def test_finding_of_an_entry_that_is_gone_is_recorded(alice: User) -> None:
    word = add_word("bad", Action.FLAG)
    findings = check_text(alice, "bad").findings
    word.delete()
    record_incidents(alice.pk, findings, Direction.INPUT)
    assert Incident.objects.get().rule is None


def test_report_is_filed_once(alice: User, bob: User) -> None:
    subject = uuid4()
    first = file_report(alice, subject=subject, text="An answer" * 100, remark="It is wrong")
    assert file_report(alice, subject=subject, text="An answer", remark="Again") == first
    file_report(bob, subject=subject, text="An answer")
    assert Incident.objects.filter(kind=Kind.REPORT).count() == 2
    assert len(first.matched) == Incident.LONGEST_EXCERPT


@pytest.mark.parametrize("pattern", ["", "   ", "\u200b\u00ad", "\t\n"])
def test_entry_that_nobody_sees_is_refused(pattern: str) -> None:
    with pytest.raises(ValidationError):
        SensitiveWord(pattern=pattern).full_clean()
    with pytest.raises(ValidationError):
        AllowedPhrase(phrase=pattern).full_clean()


def test_entry_in_another_spelling_is_the_same_entry() -> None:
    add_word("badword")
    with pytest.raises(ValidationError, match="another spelling"):
        SensitiveWord(pattern="BАdwörd").full_clean()
    SensitiveWord(pattern="badword", direction=Direction.INPUT).full_clean()
