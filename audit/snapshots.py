"""What rows look like, so that two looks tell what changed in between."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db.models import ForeignKey, ManyToManyField, Prefetch

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from django.db.models import Field, Model, QuerySet

BATCH = 500


@dataclass(frozen=True, slots=True)
class Picture:
    """A row at one moment: its name for people, and the value of each field."""

    label: str
    values: dict[str, Any] = field(default_factory=dict)


def picture_rows(rows: QuerySet[Any], *, without: Collection[str] = ()) -> dict[Any, Picture]:
    """Look at these rows, as the database has them; ``without`` names fields to leave out."""
    fields = [one for one in rows.model._meta.concrete_fields if one.name not in without and not _is_clockwork(one)]
    many = [one for one in rows.model._meta.many_to_many if one.name not in without]
    related = (Prefetch(one.name, queryset=one.related_model._default_manager.select_related()) for one in many)
    found = rows.prefetch_related(None).prefetch_related(*related).iterator(chunk_size=BATCH)
    return {row.pk: Picture(str(row), _values(row, fields, many)) for row in found}


def picture_again(model: type[Model], keys: Collection[Any], *, without: Collection[str] = ()) -> dict[Any, Picture]:
    """Look at the rows with these primary keys; those that are gone are left out."""
    named, found = list(keys), {}
    for start in range(0, len(named), BATCH):
        rows = model._base_manager.filter(pk__in=named[start : start + BATCH])
        found.update(picture_rows(rows, without=without))
    return found


def list_changes(
    model: type[Model], before: Mapping[Any, Picture], after: Mapping[Any, Picture]
) -> dict[Any, dict[str, list[Any]]]:
    """Name for each row that differs the fields that do, each with what was there and what is there.

    Where a row was not or is not there, its values are None. Rows that foreign keys point to are named while they are
    there, with one query for each such field, however many rows there are.
    """
    compared = {key: _differences(before.get(key), after.get(key)) for key in {**before, **after}}
    changes = {key: fields for key, fields in compared.items() if fields}
    for one in model._meta.concrete_fields:
        if isinstance(one, ForeignKey):
            _name_targets(one, [fields[one.name] for fields in changes.values() if one.name in fields])
    return changes


def _differences(before: Picture | None, after: Picture | None) -> dict[str, list[Any]]:
    old, new = before.values if before else {}, after.values if after else {}
    return {name: [old.get(name), new.get(name)] for name in {**old, **new} if old.get(name) != new.get(name)}


def _name_targets(one: ForeignKey[Any, Any], pairs: list[list[Any]]) -> None:
    keys = {key for pair in pairs for key in pair if key is not None}
    targets = one.related_model._base_manager.in_bulk(list(keys)) if keys else {}
    names = {key: f"{targets[key]} ({key})" if key in targets else str(key) for key in keys}
    for pair in pairs:
        pair[:] = [names.get(key) for key in pair]


def _values(row: Model, fields: list[Field[Any, Any]], many: list[ManyToManyField[Any, Any]]) -> dict[str, Any]:
    values = {one.name: one.value_from_object(row) for one in fields}
    return values | {one.name: sorted(str(other) for other in getattr(row, one.name).all()) for one in many}


def _is_clockwork(one: Field[Any, Any]) -> bool:
    return bool(getattr(one, "auto_now", False))
