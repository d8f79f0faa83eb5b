"""The log, for operators to read; and what every page of the admin has in common: it writes there."""

from __future__ import annotations

import re
from datetime import UTC
from functools import cached_property, wraps
from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.paginator import Paginator
from django.utils.text import Truncator

from audit.models import Entry
from audit.services import COMMAND, record_differences, recording
from audit.snapshots import picture_again
from chatproject.text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from contextlib import AbstractContextManager

    from django.db.models import Model, QuerySet
    from django.forms import ModelForm
    from django.http import HttpRequest

_UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

MOST_COUNTED = 10_000
"""Rows that a list counts, and that one action on all of them takes."""

MOST_DELETED = 500
"""Rows that one deletion takes: the page that asks first names each, and posts its id."""

OFFERED = frozenset({"exact", "gte", "lt", "id", "isnull", "isempty"})
"""How Django's filters of a list end, after the name of their field."""

SUMMARY_LENGTH = 80
BEFORE_AND_AFTER = 2


class CappedPaginator(Paginator):  # type: ignore[type-arg]  # takes no parameter at run time
    """Counts no further than anybody turns pages."""

    @cached_property
    def count(self) -> int:
        return int(cast("QuerySet[Any]", self.object_list)[:MOST_COUNTED].count())


class AuditedAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # takes no parameter at run time
    """An admin whose every change leaves an entry in the audit log, in the transaction of the change.

    Adding, changing (also in the list and of rows shown inside a page), deleting and actions are covered. A page of
    one's own says what it does: ``with self.recording(request, "import", rows): ...`` or ``record(...)``.
    """

    list_per_page = 50
    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # they count every row
    unrecorded: Collection[str] = ()
    """Fields whose values are not kept in the log."""

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Filter by what the list offers, and by nothing else: whoever may guess finds out what no page shows."""
        is_offered = any(_offers(one, lookup) for one in self.get_list_filter(request))
        return is_offered and super().lookup_allowed(lookup, value, request)

    def recording(
        self, request: HttpRequest, action: str, rows: QuerySet[Any], *, also_new: bool = False
    ) -> AbstractContextManager[None]:
        """Record what the block changes about these rows; see :func:`audit.services.recording`."""
        address = address_of(request)
        return recording(request.user, action, rows, address=address, without=self.unrecorded, also_new=also_new)

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:  # noqa: FBT001 - Django's signature
        """Look at the row before anything of it is saved; ``log_change`` looks again afterwards."""
        row = super().save_form(request, form, change)
        if change:
            row.audit_before = picture_again(self.model, [row.pk], without=self.unrecorded)
        return row

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        before = obj.__dict__.pop("audit_before", None)
        if before is not None:
            self._record(request, "change", self.model, before)
        return super().log_change(request, obj, message)

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        self._record(request, "add", self.model, {}, added=[obj.pk])
        return super().log_addition(request, obj, message)

    def save_formset(self, request: HttpRequest, form: ModelForm[Any], formset: Any, change: bool) -> None:  # noqa: FBT001 - Django's signature
        model = formset.model
        before = picture_again(model, [one.instance.pk for one in formset.initial_forms], without=self.unrecorded)
        super().save_formset(request, form, formset, change)
        self._record(request, "change", model, before, added=[row.pk for row in formset.new_objects])

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        target = self.get_object(request, unquote(object_id)) if request.method == "POST" else None
        if target is None:
            return super().delete_view(request, object_id, extra_context)
        with self.recording(request, "delete", self.model._base_manager.filter(pk=target.pk)):
            return super().delete_view(request, object_id, extra_context)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Let each action record what it does to the chosen rows."""
        actions: dict[str, Any] = super().get_actions(request)
        return {name: (_recorded(call, name), *rest) for name, (call, *rest) in actions.items()}

    def _record(
        self, request: HttpRequest, action: str, model: type[Model], before: Any, added: Collection[Any] = ()
    ) -> None:
        record_differences(
            request.user, action, model, before, added=added, without=self.unrecorded, address=address_of(request)
        )


@admin.register(Entry)
class EntryAdmin(AuditedAdmin):
    """The log: read by those who may, changed by nobody."""

    list_display = ("when", "actor_label", "action", "target_label", "summary")
    list_display_links = ("when", "target_label")
    list_filter = (("at", admin.DateFieldListFilter),)
    search_fields = ("actor_label",)
    search_help_text = "A person's whole email address, a row's id, a kind such as accounts.user, or what was done."
    fields = (
        *("when", "actor_label", "actor_id", "address", "action", "target_label", "target_type", "target_id"),
        "what_changed",
    )
    readonly_fields = fields

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Entry], search_term: str
    ) -> tuple[QuerySet[Entry], bool]:
        """Look for a whole value where it can stand, along one index: a search of all of them walks through the log."""
        term = search_term.strip().lower()  # as all of them are written
        if not term:
            return super().get_search_results(request, queryset, "")
        return queryset.filter(**{_column_of(term): term}), False

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 - Django's signature
        return False

    def has_change_permission(self, request: HttpRequest, obj: Entry | None = None) -> bool:  # noqa: ARG002 - likewise
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Entry | None = None) -> bool:  # noqa: ARG002 - likewise
        return False

    @admin.display(description="when (UTC)", ordering="at")
    def when(self, entry: Entry) -> str:
        return f"{entry.at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"

    @admin.display(description="changes")
    def summary(self, entry: Entry) -> str:
        return Truncator(", ".join(entry.changes)).chars(SUMMARY_LENGTH) or "–"

    @admin.display(description="changes")
    def what_changed(self, entry: Entry) -> str:
        return "\n".join(f"{one_line(name)}: {_say(value)}" for name, value in entry.changes.items()) or "–"


def _column_of(term: str) -> str:
    """Tell by its shape what is looked for."""
    if "@" in term or term == COMMAND:
        return "actor_label"
    if term.isdecimal() or _UUID.fullmatch(term):
        return "target_id"
    return "target_type" if "." in term else "action"


def address_of(request: HttpRequest) -> str:
    """Give the address that a request came from."""
    return str(request.META.get("REMOTE_ADDR", ""))


def _offers(list_filter: Any, lookup: str) -> bool:
    """Tell whether an entry of ``list_filter`` asks so."""
    if isinstance(list_filter, type):
        return lookup == getattr(list_filter, "parameter_name", None)
    name = list_filter[0] if isinstance(list_filter, (list, tuple)) else list_filter
    return lookup == name or (
        lookup.startswith(f"{name}__") and OFFERED.issuperset(lookup[len(name) + 2 :].split("__"))
    )


def _recorded(call: Callable[..., Any], name: str) -> Callable[..., Any]:
    most = MOST_DELETED if name == "delete_selected" else MOST_COUNTED

    @wraps(call)
    def run(page: AuditedAdmin, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        chosen = _first(page, request, queryset, most)
        with page.recording(request, name, chosen):
            return call(page, request, chosen)

    return run


def _first(page: AuditedAdmin, request: HttpRequest, rows: QuerySet[Any], most: int) -> QuerySet[Any]:
    """Take no more rows than the list said there are, or than one action can take; tells when some are left."""
    keys = list(rows.values_list("pk", flat=True)[: most + 1])
    if len(keys) > most:
        words = f"One action takes {most:,} rows, the first of the list. The others are as they were."
        page.message_user(request, words, messages.WARNING)
    return rows.filter(pk__in=keys[:most])


def _say(value: Any) -> str:
    """Write ``[before, after]`` with an arrow, and anything else as it is."""
    if isinstance(value, list) and len(value) == BEFORE_AND_AFTER:
        return " → ".join(_say_one(one) for one in value)
    return _say_one(value)


def _say_one(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        value = ", ".join(map(str, value))
    return "–" if value in (None, "") else one_line(str(value))
