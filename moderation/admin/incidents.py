"""The queue of incidents: what was found or reported, and what is decided about it. One key decides on the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.urls import path
from django.utils.decorators import method_decorator
from django.utils.text import Truncator
from django.views.decorators.http import require_POST

from audit.admin import AuditedAdmin, CappedPaginator
from moderation.models import Incident, State
from moderation.services import decide

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from django.contrib.admin.views.main import ChangeList
    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.urls import URLPattern

LONGEST_SHOWN = 60


class StateFilter(admin.SimpleListFilter):
    """The open ones, unless somebody asks for others."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002 - Django's signature
        return [*((str(value), str(label)) for value, label in State.choices), ("all", "All")]

    def choices(self, changelist: ChangeList) -> Iterator[dict[str, Any]]:  # type: ignore[override]  # as Django writes it
        for value, label in self.lookup_choices:
            link = changelist.get_query_string({self.parameter_name: value})
            yield {"selected": value == (self.value() or State.OPEN), "query_string": link, "display": label}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Incident]) -> QuerySet[Incident]:  # noqa: ARG002 - Django's signature
        state = self.value() or State.OPEN
        return queryset if state == "all" else queryset.filter(state=state)


@admin.register(Incident)
class IncidentAdmin(AuditedAdmin):
    actions = ("confirm", "dismiss")
    change_list_template = "admin/moderation/incident/list.html"
    fields = (
        *("kind", "person", "words", "remark", "pattern", "rule", "category", "action", "direction", "subject"),
        *("created_at", "state", "note", "reviewer", "reviewed_at"),
    )
    list_display = ("words", "state", "kind", "category", "action", "direction", "person", "created_at")
    list_filter = (StateFilter, "kind", "action", "direction", "created_at")
    list_per_page = 50
    list_select_related = ("person",)
    paginator = CappedPaginator
    search_fields = ("=person__email", "=subject", "=pattern")
    search_help_text = "A person's whole email address, the id of a message, or a whole entry of the list."
    show_full_result_count = False
    unrecorded = ("before", "matched", "after", "remark")

    class Media:
        css = {"all": ("css/admin-incidents.css",)}  # noqa: RUF012 - Django's declaration
        js = (forms.Script("js/admin/incidents.js", type="module"),)

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 - Django's signature
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Incident | None = None) -> tuple[str, ...]:  # noqa: ARG002 - Django's signature
        return tuple(name for name in self.fields if name not in {"state", "note"})

    def get_urls(self) -> list[URLPattern]:
        guard = self.admin_site.admin_view
        decide_one = path("<uuid:incident>/decide/", guard(self.decide_one), name="moderation_incident_decide")
        return [decide_one, *super().get_urls()]

    @method_decorator(require_POST)
    def decide_one(self, request: HttpRequest, incident: UUID) -> HttpResponse:
        """Decide by one key: 204, or 404 where the incident is not there (any more)."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        found = Incident.objects.filter(pk=incident)
        state = request.POST.get("state", "")
        with self.recording(request, "decide", found):
            changed = decide(found, reviewer=_reviewer(request), state=state)
        if changed:
            self.log_change(request, found.get(), f"Decided: {state}.")
        return HttpResponse(status=204 if changed else 404)

    def save_model(self, request: HttpRequest, obj: Incident, form: Any, change: bool) -> None:  # noqa: ARG002, FBT001 - Django's signature
        decide(Incident.objects.filter(pk=obj.pk), reviewer=_reviewer(request), state=obj.state, note=obj.note)

    @admin.action(description="Confirm", permissions=["change"])
    def confirm(self, request: HttpRequest, queryset: QuerySet[Incident]) -> None:
        self._decide(request, queryset, State.CONFIRMED)

    @admin.action(description="Dismiss", permissions=["change"])
    def dismiss(self, request: HttpRequest, queryset: QuerySet[Incident]) -> None:
        self._decide(request, queryset, State.DISMISSED)

    def _decide(self, request: HttpRequest, queryset: QuerySet[Incident], state: State) -> None:
        count = decide(queryset, reviewer=_reviewer(request), state=state)
        self.message_user(request, f"{count:,} {state.label.lower()}.", messages.SUCCESS)

    @admin.display(description="words")
    def words(self, incident: Incident) -> str:
        before, after = incident.before[-LONGEST_SHOWN:], incident.after[:LONGEST_SHOWN]
        return f"{before}⟦{Truncator(incident.matched).chars(LONGEST_SHOWN * 2)}⟧{after}"


def _reviewer(request: HttpRequest) -> AbstractBaseUser:
    if not isinstance(request.user, AbstractBaseUser):
        raise PermissionDenied
    return request.user
