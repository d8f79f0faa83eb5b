"""What operators would have done on a site of that size: words, answers, warnings, presets, invitations, the log."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.utils import timezone

from accounts.models import Invitation
from audit.models import Entry as LogEntry
from chatproject.demo_data import CHANCE, MODELS, a_moment, made_at, own_times, say
from conversations.models import Preset
from faq.models import Entry, Wording
from faq.wording import key_of
from moderation.folding import fold_pattern
from moderation.models import Action, Direction, Incident, PersonalWarning, SensitiveWord
from moderation.words import note_change

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import Model

    from accounts.models import User

BATCH = 1000
LANGUAGES = ("en", "de", "fr", "")
CATEGORIES = ("Insults", "Names of customers", "Projects", "Spam")
DEEDS = (("change", "accounts.user"), ("add", "moderation.sensitiveword"), ("change", "faq.entry"), ("suspend", ""))


def make_words(count: int) -> None:
    """Store words of which no text is made, under numbers that are not there yet."""
    first = SensitiveWord.objects.filter(category__in=CATEGORIES).count()
    patterns = [f"demo{number:07}" for number in range(first, first + count)]
    words = [
        SensitiveWord(
            pattern=pattern,
            folded=fold_pattern(pattern),
            language=CHANCE.choice(LANGUAGES),
            category=CHANCE.choice(CATEGORIES),
            action=CHANCE.choice(Action.values),
            direction=Direction.BOTH,
        )
        for pattern in patterns
    ]
    _store(words, ignore_conflicts=True)
    note_change()


def make_entries(count: int) -> None:
    """Store questions with their answers, each in two wordings."""
    first = Entry.objects.count()
    entries = [
        Entry(question=f"{say(6)[:-1]} {number}?", variants=f"Question {number}", answer=say(40))
        for number in range(first, first + count)
    ]
    _store(entries)
    _store(Wording(entry=entry, key=key_of(one)) for entry in entries for one in entry.questions)


def make_log(count: int, people: list[User]) -> None:
    """Store entries of the audit log, over the last days."""
    entries: list[LogEntry] = []
    for _ in range(count):
        moment, (action, kind) = a_moment(), CHANCE.choice(DEEDS)
        actor, target = CHANCE.choice(people[:20]), CHANCE.choice(people)
        entries.append(
            LogEntry(
                id=made_at(moment),
                at=moment,
                actor_id=actor.pk,
                actor_label=actor.email,
                action=action,
                target_type=kind,
                target_id=str(target.pk),
                target_label=str(target),
                changes={"name": [say(2), say(2)]},
                address="127.0.0.1",
            )
        )
    _store(entries)


def make_warnings(count: int) -> None:
    """Warn people because of the newest incidents."""
    incidents = Incident.objects.order_by("-created_at", "-id").only("person_id", "created_at")[:count]
    with own_times(PersonalWarning):
        _store(
            PersonalWarning(
                id=made_at(one.created_at),
                person_id=one.person_id,
                incident=one,
                text=say(20),
                created_at=one.created_at,
                acknowledged_at=one.created_at,
            )
            for one in incidents
        )


def make_presets(people: list[User]) -> None:
    """Give each person a preset, and everybody one for each model."""
    own = [Preset(user=person, name="Mine", model=MODELS[0], instructions=say(30)) for person in people]
    common = [Preset(name=f"For {model}", model=model, instructions=say(30)) for model in MODELS]
    _store([*own, *common], ignore_conflicts=True)


def make_invitations(count: int) -> None:
    """Store invitations that nobody has the link of, and that are over."""
    over = timezone.now() - timedelta(days=1)
    hashes = (hashlib.sha256(uuid4().bytes).hexdigest() for _ in range(count))
    _store(Invitation(token_hash=one, email=f"guest-{one[:8]}@demo.invalid", expires_at=over) for one in hashes)


def _store(rows: Iterable[Model], **options: Any) -> None:
    made = list(rows)
    if made:
        type(made[0])._default_manager.bulk_create(made, batch_size=BATCH, **options)
