"""What is done about words: checking what people write, recording what was found and reported."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from chatproject.errors import DomainError
from chatproject.text import storable
from moderation.models import SEVERITIES, Action, Direction, Incident, Kind, SensitiveWord, State
from moderation.stream import Filter, Finding, screen
from moderation.words import LOOK_INTERVAL, word_list

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from django.contrib.auth.base_user import AbstractBaseUser
    from django.db.models import QuerySet

    from moderation.matcher import Term

MOST_OF_ONE_TEXT = 20
"""Incidents of one text: who repeats a word a thousand times makes no thousand rows."""

MERGED_WITHIN = timedelta(hours=1)

ACTIONS = {severity: action for action, severity in SEVERITIES.items()}


class BlockedWords(DomainError):
    """The words are not allowed here; the sentence names the category, never the word."""

    code = "blocked_words"


@dataclass(frozen=True, slots=True)
class Checked:
    """A text as it may be stored, and what was found in it."""

    text: str
    findings: Sequence[Finding] = field(default=())


def check_text(person: AbstractBaseUser, text: str) -> Checked:
    """Check what a person wrote, before it is stored or passed on.

    Raises BlockedWords, after recording it. Record the findings of what passes with :func:`record_incidents`, in the
    transaction that stores it. Call it outside of one: what is refused has to stay on record.
    """
    follow_list()
    allowed, found = screen(word_list.matcher(Direction.INPUT), text)
    if found.blocked:
        record_incidents(person.pk, found.findings, Direction.INPUT)
        raise BlockedWords(
            _named(
                found.blocked,
                _("There are words that are not used here. Your draft is kept: change it, and try again."),
                _(
                    "There are words that are not used here (%(category)s). "
                    "Your draft is kept: change it, and try again."
                ),
            )
        )
    return Checked(allowed, found.findings)


def screen_writing(person: AbstractBaseUser, text: str) -> str:
    """Check what a person wrote that is no message, such as a title, and record what passes; raises BlockedWords."""
    checked = check_text(person, text)
    record_incidents(person.pk, checked.findings, Direction.INPUT)
    return checked.text


def follow_list() -> None:
    """Read the list if it changed and nobody looked for a while; for a database thread."""
    word_list.refresh(at_most=LOOK_INTERVAL)


def answer_filter(before: str = "") -> Filter:
    """Give a filter for an answer that goes on after ``before``."""
    return Filter(lambda: word_list.matcher(Direction.OUTPUT), before)


def answer_blocked(term: Term) -> BlockedWords:
    return BlockedWords(
        _named(
            term,
            _("This answer was ended, because it had words that are not used here."),
            _("This answer was ended, because it had words that are not used here (%(category)s)."),
        )
    )


def _named(term: Term, plain: str, with_category: str) -> str:
    return with_category % {"category": term.category} if term.category else plain


def record_incidents(
    person_id: UUID, findings: Sequence[Finding], direction: Direction, subject: UUID | None = None
) -> list[Incident]:
    """Store what was found, one incident for each rule, the strictest first, and no more than a reader needs.

    What is stored already is not stored again: of a message, each rule once; where no message was stored, the same
    words of the same person once an hour, while nobody has decided. Returns what is new.
    """
    of_rules: dict[tuple[object, str], Finding] = {}
    for finding in sorted(findings, key=lambda finding: -finding.term.severity):
        of_rules.setdefault((finding.term.rule, finding.term.pattern), finding)
    chosen = list(of_rules.values())
    if not chosen:
        return []
    rules = {finding.term.rule for finding in chosen if finding.term.rule is not None}
    known = set(SensitiveWord.objects.filter(pk__in=rules).values_list("pk", flat=True)) if rules else set()
    incidents = [_hit(finding, known, person_id, direction, subject) for finding in chosen]
    return Incident.objects.bulk_create(_new_of_message(incidents, subject) if subject else _new_of_person(incidents))


def complete_incidents(findings: Sequence[Finding], subject: UUID) -> None:
    """Give the incidents of a message the words that came after they were stored, each those of its own place."""
    for finding in findings:
        hits = Incident.objects.filter(subject=subject, kind=Kind.HIT, pattern=finding.term.pattern)
        hits.filter(before=storable(finding.before)).update(after=storable(finding.after))


def _hit(finding: Finding, known: set[int], person_id: UUID, direction: Direction, subject: UUID | None) -> Incident:
    return Incident(
        kind=Kind.HIT,
        rule_id=finding.term.rule if finding.term.rule in known else None,
        pattern=finding.term.pattern,
        category=finding.term.category,
        action=ACTIONS[finding.term.severity],
        person_id=person_id,
        subject=subject,
        direction=direction,
        before=storable(finding.before),
        matched=storable(finding.matched)[: Incident.LONGEST_EXCERPT],
        after=storable(finding.after),
    )


def _new_of_message(incidents: list[Incident], subject: UUID) -> list[Incident]:
    """Leave out the rules that have an incident; what ends an answer has one, also where there is no room for more."""
    known = set(Incident.objects.filter(subject=subject, kind=Kind.HIT).values_list("pattern", "direction"))
    new = [one for one in incidents if (one.pattern, one.direction) not in known]
    room = MOST_OF_ONE_TEXT - len(known)
    return [one for number, one in enumerate(new) if number < room or one.action == Action.BLOCK]


def _new_of_person(incidents: list[Incident]) -> list[Incident]:
    names = ("pattern", "action", "direction", "before", "matched", "after")
    new = incidents[:MOST_OF_ONE_TEXT]
    same = Q()
    for incident in new:
        same |= Q(**{name: getattr(incident, name) for name in names})
    recent = list_recent(new[0].person_id).filter(same, kind=Kind.HIT, subject=None)
    known = set(recent.values_list(*names))
    return [one for one in new if tuple(getattr(one, name) for name in names) not in known]


def list_recent(person_id: UUID) -> QuerySet[Incident]:
    """List the incidents of a person from the last hour that nobody has decided about."""
    return Incident.objects.filter(person_id=person_id, state=State.OPEN, created_at__gt=timezone.now() - MERGED_WITHIN)


def file_report(person: AbstractBaseUser, *, subject: UUID, text: str, reason: str = "", remark: str = "") -> Incident:
    """Note that a person reports an answer; a second report of the same answer changes nothing."""
    incident, _ = Incident.objects.get_or_create(
        person_id=person.pk,
        subject=subject,
        kind=Kind.REPORT,
        defaults={
            "direction": Direction.OUTPUT,
            "category": reason[:60],
            "matched": storable(text)[: Incident.LONGEST_EXCERPT],
            "remark": storable(remark)[:1000],
        },
    )
    return incident
