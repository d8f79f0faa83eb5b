"""The queue of incidents: what was found or reported, and what is decided about it. One key decides on the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.decorators import method_decorator
from django.utils.text import Truncator
from django.views.decorators.http import require_POST

from audit.admin import AuditedAdmin, address_of
from chatproject.errors import DomainError
from chatproject.text import one_line
from moderation.admin.incident_forms import IncidentForm, WarningForm
from moderation.decisions import decide, decide_one, may_decide, write_note
from moderation.folding import fold_pattern
from moderation.measures import list_measures, mail_warning, may_warn, warn_person
from moderation.models import Direction, Incident, Kind, SensitiveWord, State

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from django.contrib.admin.views.main import ChangeList
    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.urls import URLPattern

LONGEST_SHOWN = 60
WARN = "moderation.add_personalwarning"
WHAT = {Kind.HIT: "Found in", Kind.REPORT: "Reported", Kind.OPINION: "Second opinion on"}
WHERE = {Direction.INPUT: "a message", Direction.OUTPUT: "an answer"}
BEGINNINGS = {
    Direction.INPUT: "Something you wrote is not what this site is for. Please do not write such a thing again.",
    Direction.OUTPUT: "Something you asked for is not what this site is for. Please do not ask for such a thing again.",
}


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
    change_form_template = "admin/moderation/incident/change.html"
    change_list_template = "admin/moderation/incident/list.html"
    form = IncidentForm
    fields = (
        *(
            "kind",
            "person",
            "measures",
            "words",
            "said",
            "pattern",
            "rule",
            "category",
            "action",
            "direction",
            "subject",
        ),
        *("created_at", "state", "note", "reviewer", "reviewed_at"),
    )
    list_display = ("words", "state", "what", "category", "person", "created_at", "remarks")
    list_filter = (StateFilter, "kind", "action", "direction", "created_at")
    list_select_related = ("person",)
    search_fields = ("person__email",)
    search_help_text = "A person's whole email address, the id of a message, or a whole entry of the list."
    unrecorded = ("before", "matched", "after", "remark", "note")

    class Media:
        css = {"all": ("css/admin-incidents.css",)}  # noqa: RUF012 - Django's declaration
        js = (forms.Script("js/admin/incidents.js", type="module"),)

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 - Django's signature
        return False

    def has_change_permission(self, request: HttpRequest, obj: Incident | None = None) -> bool:
        return (obj is None or may_decide(_reviewer(request), obj)) and super().has_change_permission(request, obj)

    def get_fields(self, request: HttpRequest, obj: Incident | None = None) -> tuple[str, ...]:  # noqa: ARG002 - Django's signature
        """Say of a report that its person made it: they are not who did something."""
        is_report = obj is not None and obj.kind == Kind.REPORT
        return tuple("reported_by" if name == "person" and is_report else name for name in self.fields)

    def get_readonly_fields(self, request: HttpRequest, obj: Incident | None = None) -> tuple[str, ...]:
        return tuple(name for name in self.get_fields(request, obj) if name not in {"state", "note"})

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Incident], search_term: str
    ) -> tuple[QuerySet[Incident], bool]:
        """Look up what has an index."""
        term = search_term.strip()
        if not term:
            return super().get_search_results(request, queryset, "")
        if "@" in term:
            return queryset.filter(person__email=term), False
        try:
            return queryset.filter(subject=UUID(term)), False
        except ValueError:
            return queryset.filter(rule__in=SensitiveWord.objects.filter(folded=fold_pattern(term))), False

    def get_urls(self) -> list[URLPattern]:
        guard = self.admin_site.admin_view
        own = [
            path("<uuid:incident>/decide/", guard(self.decide_by_key), name="moderation_incident_decide"),
            path("<uuid:incident>/warn/", guard(self.warn), name="moderation_incident_warn"),
        ]
        return [*own, *super().get_urls()]

    @method_decorator(require_POST)
    def decide_by_key(self, request: HttpRequest, incident: UUID) -> HttpResponse:
        """Take ``state``, or ``note`` and what it ``was``: 204, or what stands against it in a sentence."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        try:
            self._decide_one(request, incident, request.POST)
        except DomainError as error:
            return HttpResponse(error.message, status=error.http_status, content_type="text/plain; charset=utf-8")
        return HttpResponse(status=204)

    def warn(self, request: HttpRequest, incident: UUID) -> HttpResponse:
        """Write to the person of an incident."""
        found = get_object_or_404(Incident.objects.select_related("person"), pk=incident)
        may_look = request.user.has_perm(WARN) and self.has_view_permission(request)
        if not (may_look and may_warn(_reviewer(request), found)):
            raise PermissionDenied
        begin = "" if found.kind == Kind.REPORT else BEGINNINGS.get(Direction(found.direction), "")
        form = WarningForm(request.POST or None, initial={"text": begin})
        if request.method == "POST" and form.is_valid() and self._warn(request, found, form):
            return redirect("admin:moderation_incident_change", found.pk)
        title = "Warn who reported this" if found.kind == Kind.REPORT else "Warn this person"
        context = {**self.admin_site.each_context(request), "opts": self.opts, "title": title}
        page = {**context, "form": form, "incident": found}
        return TemplateResponse(request, "admin/moderation/incident/warn.html", page)

    def _warn(self, request: HttpRequest, incident: Incident, form: WarningForm) -> bool:
        text = form.cleaned_data["text"]
        try:
            warning = warn_person(incident, author=_reviewer(request), text=text, address=address_of(request))
        except DomainError as error:
            form.add_error("text", error.message)
            return False
        is_mailed = mail_warning(warning)
        told = "They were warned, on their page and by mail." if is_mailed else "They were warned, on their page."
        self.message_user(request, told, messages.SUCCESS)
        return True

    def save_model(self, request: HttpRequest, obj: Incident, form: Any, change: bool) -> None:  # noqa: ARG002, FBT001 - Django's signature
        wanted = {name: form.cleaned_data[name] for name in form.changed_data if name in {"state", "note"}}
        _apply(request, obj.pk, {**wanted, "was": form.initial["note"]})

    def _decide_one(self, request: HttpRequest, incident: UUID, wanted: Mapping[str, str]) -> None:
        with self.recording(request, "decide", Incident.objects.filter(pk=incident)):
            _apply(request, incident, wanted)
        done = f"Decided: {wanted['state']}." if "state" in wanted else "Note written."
        self.log_change(request, Incident.objects.get(pk=incident), done)

    @admin.action(description="Confirm", permissions=["change"])
    def confirm(self, request: HttpRequest, queryset: QuerySet[Incident]) -> None:
        self._decide(request, queryset, State.CONFIRMED)

    @admin.action(description="Dismiss", permissions=["change"])
    def dismiss(self, request: HttpRequest, queryset: QuerySet[Incident]) -> None:
        self._decide(request, queryset, State.DISMISSED)

    def _decide(self, request: HttpRequest, queryset: QuerySet[Incident], state: State) -> None:
        chosen = queryset.count()
        count = decide(queryset, reviewer=_reviewer(request), state=state)
        self.message_user(request, f"{count:,} {state.label.lower()}.", messages.SUCCESS)
        if left := chosen - count:
            words = f"Left as they are, decided already, about you or reported by you: {left:,}."
            self.message_user(request, words, messages.WARNING)

    @admin.display(description="what")
    def what(self, incident: Incident) -> str:
        where = WHERE.get(Direction(incident.direction), "a text")
        done = f": {incident.action}" if incident.action else ""
        return f"{WHAT[Kind(incident.kind)]} {where}{done}"

    @admin.display(description="note", empty_value="")
    def remarks(self, incident: Incident) -> str:
        return incident.note

    @admin.display(description="reported by")
    def reported_by(self, incident: Incident) -> str:
        return str(incident.person)

    @admin.display(description="remark of who reported it")
    def said(self, incident: Incident) -> str:
        return one_line(incident.remark) or "–"

    @admin.display(description="done about them")
    def measures(self, incident: Incident) -> str:
        return "\n".join(list_measures(incident.person)) or "Nothing yet."

    @admin.display(description="words")
    def words(self, incident: Incident) -> str:
        before, after = incident.before[-LONGEST_SHOWN:], incident.after[:LONGEST_SHOWN]
        return f"{before}⟦{Truncator(incident.matched).chars(LONGEST_SHOWN * 2)}⟧{after}"


def _reviewer(request: HttpRequest) -> AbstractBaseUser:
    if not isinstance(request.user, AbstractBaseUser):
        raise PermissionDenied
    return request.user


def _apply(request: HttpRequest, incident: UUID, wanted: Mapping[str, str]) -> None:
    """Do what a form or a key asks: write a note in place of the one that ``was``, then decide."""
    reviewer = _reviewer(request)
    if "note" in wanted:
        note, was = wanted["note"], wanted.get("was", "")
        write_note(incident, author=reviewer, note=note, before=was, address=address_of(request))
    if "state" in wanted or "note" not in wanted:
        decide_one(incident, reviewer=reviewer, state=wanted.get("state", ""))
