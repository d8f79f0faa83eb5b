"""Writing the log: one call for what happened, or a block whose changes are found by looking before and after."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction

from audit.models import ACTION_LENGTH, ID_LENGTH, LABEL_LENGTH, Entry
from audit.secrets import conceal
from audit.snapshots import list_changes, picture_again, picture_rows
from chatproject.text import one_line

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from django.contrib.auth.models import AnonymousUser
    from django.db.models import Model, QuerySet

    from audit.snapshots import Picture

    Actor = AbstractBaseUser | AnonymousUser | str | None

COMMAND = "command"
"""The actor of whatever is done with ``manage.py``."""

BATCH = 1000


def record(
    actor: Actor,
    action: str,
    target: Model | None = None,
    *,
    changes: Mapping[str, Any] | None = None,
    address: str = "",
) -> Entry:
    """Write what somebody did, in the transaction of the moment; secrets among ``changes`` are left out.

    ``actor`` is a person, or a word where nobody signed in: ``COMMAND``. ``changes`` is anything that JSON can hold,
    ``{field: [before, after]}`` where a row changed. ``address`` is where the person came from.
    """
    entry = _entry(actor, action, changes or {}, address)
    if target is not None:
        _name_target(entry, type(target), target.pk, str(target))
    entry.save(force_insert=True)
    return entry


@contextmanager
def recording(
    actor: Actor,
    action: str,
    rows: QuerySet[Any],
    *,
    address: str = "",
    without: Collection[str] = (),
    also_new: bool = False,
) -> Iterator[None]:
    """Record what the block changes about ``rows`` or removes of them: one entry a row, in one transaction with it.

    Rows that stay as they are leave no entry. The values of the fields in ``without`` are not kept. ``also_new``
    records the rows, too, that are among ``rows`` only after the block.
    """
    with transaction.atomic():
        before = picture_rows(rows, without=without)
        yield
        added = [key for key in rows.all().values_list("pk", flat=True) if key not in before] if also_new else ()
        record_differences(actor, action, rows.model, before, added=added, without=without, address=address)


def record_differences(
    actor: Actor,
    action: str,
    model: type[Model],
    before: Mapping[Any, Picture],
    *,
    added: Collection[Any] = (),
    without: Collection[str] = (),
    address: str = "",
) -> list[Entry]:
    """Record how rows differ from earlier pictures; ``added`` are the primary keys of rows that were not there.

    ``action`` names what was done to rows that stayed; others were added or deleted.
    """
    after = picture_again(model, [*before, *added], without=without)
    entries = []
    for key, changes in list_changes(model, before, after).items():
        done = "add" if key not in before else "delete" if key not in after else action
        label = (after.get(key) or before[key]).label
        entries.append(_name_target(_entry(actor, done, changes, address), model, key, label))
    return Entry.objects.bulk_create(entries, batch_size=BATCH)


def _entry(actor: Actor, action: str, changes: Mapping[str, Any], address: str) -> Entry:
    person = actor.pk if isinstance(actor, AbstractBaseUser) else None
    return Entry(
        actor_id=person if isinstance(person, UUID) else None,
        actor_label=one_line(str(actor or "nobody"))[:LABEL_LENGTH],
        action=action[:ACTION_LENGTH],
        changes=conceal(changes),
        address=address,
    )


def _name_target(entry: Entry, model: type[Model], key: object, label: str) -> Entry:
    entry.target_type = model._meta.label_lower
    entry.target_id = str(key)[:ID_LENGTH]
    entry.target_label = one_line(label)[:LABEL_LENGTH]
    return entry
