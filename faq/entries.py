"""Operators' answers: kept under every wording of their question, found by one look into an index.

They are read from the database each time, so a change holds at once, in every process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from faq.models import Entry, Wording
from faq.wording import key_of

if TYPE_CHECKING:
    from django.db.models import QuerySet


def find_entry(question: str) -> Entry | None:
    """Find what answers a question; of several entries, the oldest."""
    key = key_of(question)
    return _in_force().filter(wordings__key=key).order_by("pk").first() if key else None


def save_entry(entry: Entry) -> Entry:
    """Save an entry and, in the same transaction, the wordings by which it is found."""
    keys = dict.fromkeys(filter(None, map(key_of, entry.questions)))
    with transaction.atomic():
        entry.save()
        entry.wordings.all().delete()
        Wording.objects.bulk_create(Wording(entry=entry, key=key) for key in keys)
    return entry


def list_duplicates(entry: Entry) -> list[Entry]:
    """List the other entries in force that answer a question of this one, the one that is asked first before all."""
    others = _in_force().exclude(pk=entry.pk)
    return list(others.filter(wordings__key__in=[key_of(one) for one in entry.questions]).distinct().order_by("pk"))


def mark_preceded(entries: QuerySet[Entry]) -> QuerySet[Entry]:
    """Let each entry tell, as ``is_preceded``, whether an older one in force answers a question of it."""
    keys = Wording.objects.filter(entry=OuterRef(OuterRef("pk"))).values("key")
    older = _in_force().filter(pk__lt=OuterRef("pk"), wordings__key__in=keys)
    return entries.annotate(is_preceded=Exists(older))


def _in_force() -> QuerySet[Entry]:
    return Entry.objects.filter(Q(valid_until=None) | Q(valid_until__gte=timezone.localdate()), active=True)
