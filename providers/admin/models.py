"""The catalogue, for operators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, cast

from asgiref.sync import async_to_sync
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import PositiveIntegerField
from django.forms import TextInput
from django.shortcuts import redirect
from django.urls import path
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST

from audit.admin import AuditedAdmin, address_of
from audit.services import record
from providers.admin.model_forms import ModelForm, PriceForm, PriceFormSet
from providers.gateway import get_gateway
from providers.models import LanguageModel, Price, PriceSource
from providers.money.dollars import format_dollars
from providers.sync import SYNCED, SyncResult

if TYPE_CHECKING:
    from django.contrib.admin.options import InlineModelAdmin
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse
    from django.urls import URLPattern

MADE_HERE = "name"
"""Stands among the edited fields of a model that no list brought."""

PRICES = "prices in dollars per million tokens"
NUMBER = TextInput(attrs={"size": 8, "inputmode": "numeric", "autocomplete": "off"})


class PriceInline(admin.TabularInline):  # type: ignore[type-arg]  # takes no parameter at run time
    model = Price
    form = PriceForm
    formset = PriceFormSet
    extra = 0
    verbose_name_plural = f"{PRICES} (none: the price is unknown)"


@admin.register(LanguageModel)
class LanguageModelAdmin(AuditedAdmin):
    form = ModelForm
    inlines = (PriceInline,)
    formfield_overrides: ClassVar = {PositiveIntegerField: {"widget": NUMBER}}
    fieldsets = (
        (None, {"fields": ("provider", "name", "label", "kind", "enabled", "is_default", "position", "fallback")}),
        (
            "What it can do",
            {"fields": ("context_window", "largest_output", "has_vision", "has_tools", "has_reasoning")},
        ),
        (
            "How it is asked",
            {"fields": ("takes_temperature", "temperature", "output_tokens", "instructions", "parameters")},
        ),
        (
            "Answers that were given before",
            {
                "fields": ("reuses_answers", "reuse_hours"),
                "description": "The first question of a conversation, asked again word for word without instructions"
                " of one’s own, is answered as before: at once, at no cost, and marked with the date.",
            },
        ),
        ("Where this comes from", {"fields": ("listing", "changed")}),
    )
    readonly_fields = ("listing", "changed")
    list_display = ("label", "provider", "kind", "price", "enabled", "is_default", "position", "listing")
    list_editable = ("position",)
    list_filter = ("provider", "kind", "enabled", "is_listed")
    list_select_related = ("provider",)
    list_per_page = 100
    search_fields = ("label", "name", "provider__label")
    ordering = ("provider", "position", "id")
    actions = ("enable", "disable", "forget_changes")
    change_list_template = "admin/providers/languagemodel/list.html"

    # Showing

    def get_queryset(self, request: HttpRequest) -> QuerySet[LanguageModel]:
        return super().get_queryset(request).prefetch_related("prices")

    @admin.display(description="price, in / out")
    def price(self, model: LanguageModel) -> str:
        first = min(model.prices.all(), key=lambda price: price.above_tokens, default=None)
        if first is not None:
            return f"{format_dollars(first.input)} / {format_dollars(first.output)}"
        return "free, own server" if model.provider.is_own_server else "unknown"

    @admin.display(description="origin")
    def listing(self, model: LanguageModel) -> str:
        if MADE_HERE in model.edited:
            return "made here"
        return "listed" if model.is_listed else "no longer listed"

    @admin.display(description="changed here")
    def changed(self, model: LanguageModel) -> str:
        return ", ".join(name.replace("_", " ") for name in model.edited if name != MADE_HERE) or "nothing"

    def get_inline_instances(
        self, request: HttpRequest, obj: LanguageModel | None = None
    ) -> list[InlineModelAdmin[Any, LanguageModel]]:
        """Say at the prices what none of them means for this model."""
        inlines = super().get_inline_instances(request, obj)
        for inline in inlines:
            if obj is not None and isinstance(inline, PriceInline) and obj.provider.is_own_server:
                inline.verbose_name_plural = f"{PRICES} (none: free, your own server)"
        return inlines

    # What may be done

    def get_readonly_fields(self, request: HttpRequest, obj: LanguageModel | None = None) -> tuple[str, ...]:
        identity = ("provider", "name") if obj else ()
        return (*cast("tuple[str, ...]", super().get_readonly_fields(request, obj)), *identity)

    def has_delete_permission(self, request: HttpRequest, obj: LanguageModel | None = None) -> bool:
        """Let nobody delete what the next list brings back; it can be switched off, and goes with its provider."""
        return (obj is None or not obj.is_listed) and super().has_delete_permission(request, obj)

    # Saving

    def save_model(self, request: HttpRequest, obj: LanguageModel, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's signature
        obj.edited = sorted({*obj.edited, *(name for name in form.changed_data if name in SYNCED)})
        if not change:
            obj.edited, obj.is_listed = sorted({*obj.edited, MADE_HERE}), False
        with transaction.atomic():
            if obj.is_default:
                others = LanguageModel.objects.filter(is_default=True).exclude(pk=obj.pk)
                with self.recording(request, "change", others):
                    others.update(is_default=False)
            super().save_model(request, obj, form, change)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:  # noqa: FBT001 - likewise
        """Note prices as the operator's; a whole set belongs together."""
        super().save_formset(request, form, formset, change)
        model: LanguageModel = form.instance
        if formset.has_changed() and "prices" not in model.edited:
            model.prices.update(source=PriceSource.OPERATOR)
            model.edited = sorted({*model.edited, "prices"})
            model.save(update_fields=["edited"])

    # Doing

    @admin.action(description="Switch the selected models on", permissions=["change"])
    def enable(self, request: HttpRequest, queryset: QuerySet[LanguageModel]) -> None:
        count = queryset.update(enabled=True)
        self.message_user(request, f"Switched on: {count}.", messages.SUCCESS)

    @admin.action(description="Switch the selected models off", permissions=["change"])
    def disable(self, request: HttpRequest, queryset: QuerySet[LanguageModel]) -> None:
        count = queryset.update(enabled=False, is_default=False)
        self.message_user(request, f"Switched off: {count}.", messages.SUCCESS)

    @admin.action(description="Go back to the list's values and the known prices", permissions=["change"])
    def forget_changes(self, request: HttpRequest, queryset: QuerySet[LanguageModel]) -> None:
        if not request.user.has_perm("providers.delete_price"):
            self.message_user(request, "This takes prices away, which you may not do.", messages.ERROR)
            return
        listed = [model for model in queryset if MADE_HERE not in model.edited]
        with transaction.atomic():
            Price.objects.filter(model__in=listed, source=PriceSource.OPERATOR).delete()
            LanguageModel.objects.filter(pk__in=[model.pk for model in listed]).update(edited=[])
        self.message_user(
            request, f"The next list fills these models again: {len(listed)}. Fetch the lists to have it now."
        )

    def get_urls(self) -> list[URLPattern]:
        fetch = self.admin_site.admin_view(self.fetch)
        return [path("fetch/", fetch, name="providers_languagemodel_fetch"), *super().get_urls()]

    @method_decorator(require_POST)
    def fetch(self, request: HttpRequest) -> HttpResponse:
        """Fetch the lists of models now, and tell what they brought."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        results = async_to_sync(get_gateway().refresh)()
        record(request.user, "fetch lists", changes={"lists": list(results)}, address=address_of(request))
        for slug, result in results.items():
            if isinstance(result, SyncResult):
                self.message_user(request, f"{slug}: {result.describe()}", messages.SUCCESS)
            else:
                self.message_user(request, f"{slug}: {result}", messages.WARNING)
        return redirect("admin:providers_languagemodel_changelist")
