"""The operators' answers. A change holds from the next question on, in every process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.db.models import Q

from audit.admin import AuditedAdmin
from faq.entries import list_duplicates, mark_preceded, save_entry
from faq.forms import EntryForm
from faq.models import Entry
from faq.wording import key_of

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest


@admin.register(Entry)
class EntryAdmin(AuditedAdmin):
    form = EntryForm
    list_display = ("question", "state", "valid_until", "updated_at")
    list_filter = ("active", ("valid_until", admin.EmptyFieldListFilter))
    search_fields = ("question", "variants", "answer")
    search_help_text = "A part of a question or an answer, or a whole question in any spelling."
    actions = ("switch_on", "switch_off")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Entry]:
        return mark_preceded(super().get_queryset(request))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Entry], search_term: str
    ) -> tuple[QuerySet[Entry], bool]:
        """Find the parts of words that were typed, and what answers the whole of it as a question."""
        found, _ = super().get_search_results(request, queryset, search_term)
        key = key_of(search_term)
        if not key:
            return found, False
        return queryset.filter(Q(pk__in=found.order_by().values("pk")) | Q(wordings__key=key)), True

    def save_model(self, request: HttpRequest, obj: Entry, form: Any, change: bool) -> None:  # noqa: ARG002, FBT001 - Django's signature
        save_entry(obj)
        for other in list_duplicates(obj) if obj.is_in_force else ():
            older = "It" if other.pk < obj.pk else "This one"
            words = f"“{other}” answers the same question. {older} is older, and is the one that is given."
            self.message_user(request, words, messages.WARNING)

    @admin.display(description="given", ordering="active")
    def state(self, entry: Entry) -> str:
        if not entry.active:
            return "switched off"
        if entry.is_expired:
            return "no longer"
        return "where no older one is" if getattr(entry, "is_preceded", False) else "yes"

    @admin.action(description="Switch on", permissions=["change"])
    def switch_on(self, request: HttpRequest, queryset: QuerySet[Entry]) -> None:
        self._switch(request, queryset, active=True)

    @admin.action(description="Switch off", permissions=["change"])
    def switch_off(self, request: HttpRequest, queryset: QuerySet[Entry]) -> None:
        self._switch(request, queryset, active=False)

    def _switch(self, request: HttpRequest, queryset: QuerySet[Entry], *, active: bool) -> None:
        count = queryset.update(active=active)
        self.message_user(request, f"{count:,} switched {'on' if active else 'off'}.", messages.SUCCESS)
