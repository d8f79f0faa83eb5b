"""Usage and budgets, for operators. The ledger can be read and taken away as a file, and nobody changes it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.http import StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import path

from audit.admin import AuditedAdmin, address_of
from audit.services import record
from chatproject.errors import BadRequest
from providers.models import ApiKey, Budget, Scope, UsageRecord
from providers.money import periods
from providers.money.budgets import list_holdings, save_budget
from providers.money.charts import draw_days
from providers.money.dollars import format_dollars, parse_dollars, write_exactly
from providers.money.export import export_lines
from providers.money.filters import UsageFilters
from providers.money.reports import MOST_ROWS, find_records, report_month, report_people
from providers.money.views import month_links, name_models

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse
    from django.urls import URLPattern

    from providers.money.reports import Total

MOST_HOLDERS = 20


@admin.register(UsageRecord)
class UsageRecordAdmin(AuditedAdmin):
    list_display = ("created_at", "user", "model", "tokens", "money", "outcome")
    list_filter = ("created_at", "purpose", "outcome", "is_estimated")
    list_select_related = ("user",)
    search_fields = ("model",)
    search_help_text = "A person's whole email address, a part of a model's name, or the id of an answer."
    change_list_template = "admin/providers/usagerecord/list.html"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[UsageRecord], search_term: str
    ) -> tuple[QuerySet[UsageRecord], bool]:
        """Look for one thing at a time, so that each has its index."""
        term = search_term.strip()
        if not term:
            return super().get_search_results(request, queryset, "")
        if "@" in term:
            return queryset.filter(user__email=term.lower()), False
        try:
            return queryset.filter(subject=UUID(term)), False
        except ValueError:
            return queryset.filter(model__in=[name for name in _used_models() if term.lower() in name.lower()]), False

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 - Django's signature
        return False

    def has_change_permission(self, request: HttpRequest, obj: UsageRecord | None = None) -> bool:  # noqa: ARG002 - Django's signature
        return False

    def has_delete_permission(self, request: HttpRequest, obj: UsageRecord | None = None) -> bool:  # noqa: ARG002 - Django's signature
        return False

    def get_urls(self) -> list[URLPattern]:
        guard = self.admin_site.admin_view
        own = [
            path("month/", guard(self.show_month), name="providers_usagerecord_month"),
            path("export/", guard(self.export), name="providers_usagerecord_export"),
        ]
        return [*own, *super().get_urls()]

    def show_month(self, request: HttpRequest) -> HttpResponse:
        """Show what everybody used in a month, or those whom the filters name."""
        self._require_view(request)
        month = periods.parse_month(request.GET.get("month", ""))
        filters = UsageFilters.read(request.GET)
        records = find_records(month, **filters.lookups)
        report = report_month(month, records)
        context = {
            **self.admin_site.each_context(request),
            "title": "Usage",
            "opts": self.opts,
            "report": report,
            "chart": draw_days(report.days),
            "filters": filters,
            "query": filters.query,
            "models": name_models(report.models),
            "people": report_people(records),
            "most": MOST_ROWS,
            "keys": _name_keys(report.keys),
            **month_links(month, **filters.lookups),
        }
        return TemplateResponse(request, "admin/providers/usagerecord/month.html", context)

    def export(self, request: HttpRequest) -> StreamingHttpResponse:
        """Give the settled calls of a month as a file."""
        self._require_view(request)
        month = periods.parse_month(request.GET.get("month", ""))
        filters = UsageFilters.read(request.GET)
        records = find_records(month, **filters.lookups)
        told = {"rows": "usage records", "month": f"{month:%Y-%m}", **asdict(filters)}
        record(request.user, "export", changes=told, address=address_of(request))
        name = f'attachment; filename="usage-{month:%Y-%m}.csv"'
        headers = {"Content-Disposition": name}
        return StreamingHttpResponse(export_lines(records), content_type="text/csv; charset=utf-8", headers=headers)

    def _require_view(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied

    @admin.display(description="tokens")
    def tokens(self, record: UsageRecord) -> str:
        return f"{record.prompt_tokens:,} + {record.completion_tokens:,}"

    @admin.display(description="cost", ordering="cost")
    def money(self, record: UsageRecord) -> str:
        if record.settled_at is None:
            return "open"
        return "not known" if record.cost is None else format_dollars(record.cost)


class BudgetForm(forms.ModelForm):  # type: ignore[type-arg]  # likewise
    """A budget, its limit typed in dollars."""

    dollars = forms.CharField(label="Limit in dollars", max_length=20, help_text="For example 5.00.")

    class Meta:
        model = Budget
        fields = ("scope", "group", "user", "period", "enabled")
        labels: ClassVar = {"user": "Person"}
        help_texts: ClassVar = {
            "group": "For a budget of a group, and for one of each person of a group.",
            "user": "For a budget of one person, found by name or email address.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["dollars"].initial = write_exactly(self.instance.limit)

    def clean_dollars(self) -> str:
        typed: str = self.cleaned_data["dollars"]
        try:
            self.instance.limit = parse_dollars(typed)
        except BadRequest as error:
            raise forms.ValidationError(error.message) from None
        return typed

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or {}
        if self.instance.pk:
            return cleaned
        scope, group, user = cleaned.get("scope"), cleaned.get("group"), cleaned.get("user")
        if scope == Scope.GROUP and not group:
            self.add_error("group", "Choose the group that shares this budget.")
        if scope == Scope.PERSON and not user:
            self.add_error("user", "Choose the person.")
        if scope in {Scope.SITE, Scope.PERSON} and group:
            self.add_error("group", "This budget is not one of a group. Leave the group empty.")
        if scope != Scope.PERSON and user:
            self.add_error("user", "This budget is not one of one person. Leave the person empty.")
        return cleaned


@admin.register(Budget)
class BudgetAdmin(AuditedAdmin):
    """Whom a budget is for stays as it is, because its accounts were kept for them; its limit can change."""

    form = BudgetForm
    fieldsets = (
        (
            None,
            {
                "fields": ("scope", "group", "user", "period", "dollars", "enabled", "present"),
                "description": "The most that a call can cost is set aside before it, and what it did cost is counted "
                "after it. Days and months begin at midnight UTC. Under a budget, models whose price is not known "
                "cannot be used.",
            },
        ),
    )
    readonly_fields = ("present",)
    list_display = ("__str__", "group", "person", "limit_in_dollars", "standing", "enabled")
    list_filter = ("enabled", "scope", "period")
    list_select_related = ("group", "user")
    autocomplete_fields = ("user",)

    def get_readonly_fields(self, request: HttpRequest, obj: Budget | None = None) -> tuple[str, ...]:  # noqa: ARG002 - Django's signature
        return (*self.readonly_fields, "scope", "group", "user", "period") if obj else self.readonly_fields

    def save_model(self, request: HttpRequest, obj: Budget, form: Any, change: bool) -> None:  # noqa: ARG002, FBT001 - Django's signature
        save_budget(obj)

    @admin.display(description="limit", ordering="limit")
    def limit_in_dollars(self, budget: Budget) -> str:
        return format_dollars(budget.limit)

    @admin.display(description="person", ordering="user")
    def person(self, budget: Budget) -> str | None:
        return str(budget.user) if budget.user else None

    @admin.display(description="now")
    def standing(self, budget: Budget) -> str:
        holdings = list_holdings(budget)
        standing = _spent(sum(one.spent for one in holdings), sum(one.reserved for one in holdings))
        if budget.scope != Scope.EACH or not holdings:
            return standing
        return f"{standing} by {len(holdings)} {'person' if len(holdings) == 1 else 'people'}"

    @admin.display(description="now")
    def present(self, budget: Budget) -> str:
        """Say what is spent and set aside in this period, where each person has an account of those with the most."""
        if not budget.pk:
            return "What was spent in this period before counts, too."
        holdings = list_holdings(budget)[:MOST_HOLDERS]
        people = get_user_model().objects.in_bulk([one.holder for one in holdings if one.holder])
        holders = {str(pk): f"{person.get_username()}: " for pk, person in people.items()}
        lines = [holders.get(one.holder, "") + _spent(one.spent, one.reserved) for one in holdings]
        return "\n".join(lines) or "Nothing yet."


def _used_models() -> Iterator[str]:
    """List the models in the ledger, each with one look at the index, where a query for all would walk through it."""
    names = UsageRecord.objects.order_by("model").values_list("model", flat=True)
    name = names.first()
    while name is not None:
        yield name
        name = names.filter(model__gt=name).first()


def _spent(spent: int, held: int) -> str:
    return f"{format_dollars(spent)} spent" + (f", {format_dollars(held)} set aside" if held else "")


def _name_keys(totals: list[Total]) -> list[tuple[str, Total]]:
    keys = ApiKey.objects.select_related("provider").in_bulk([total.key for total in totals if total.key])
    names = {pk: f"{key.provider.label} {key} {key.label}".strip() for pk, key in keys.items()}
    return [(names.get(total.key, "without a key"), total) for total in totals]
