"""Keys, for operators: a secret is entered here and never shown again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.base_user import AbstractBaseUser

from audit.admin import AuditedAdmin
from chatproject.errors import BadRequest
from providers.admin.words import ago, brief
from providers.keys.health import try_again
from providers.keys.services import add_key, check_new_key, drain_keys, resume_keys, retire_keys
from providers.keys.terminal import warning
from providers.models import ApiKey, KeySource, KeyState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.contrib.admin.views.main import ChangeList
    from django.db.models import QuerySet
    from django.http import HttpRequest

ALL = "all"
SHOWN = (
    *("provider", "key", "label", "source", "bound_to", "state", "health", "health_note", "remark", "failures"),
    *("resting_until", "checked_at", "created_at", "created_by", "retired_at"),
)


class SecretField(forms.CharField):
    def to_python(self, value: Any) -> Any:
        """Tell spaces from a field that was left empty: whoever pasted them thinks that there is a key."""
        secret = super().to_python(value)
        if value and not secret:
            raise forms.ValidationError("There are only spaces here, and no key. Copy it once more.")
        return secret


class StateFilter(admin.SimpleListFilter):
    """Leaves out the retired keys until somebody asks for them."""

    title = "state"
    parameter_name = "state__exact"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:  # noqa: ARG002 - Django's signature
        return [*((state.value, state.label) for state in KeyState), (ALL, "All")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> QuerySet[ApiKey]:  # noqa: ARG002 - Django's signature
        if self.value() in KeyState.values:
            return queryset.filter(state=self.value())
        return queryset if self.value() == ALL else queryset.exclude(state=KeyState.RETIRED)

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        first, *others = super().choices(changelist)
        yield {**first, "display": "Not retired"}
        yield from others


def secret_field(**options: Any) -> forms.CharField:
    """Give a field whose value is posted, and never written into a page."""
    widget = forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false", "class": "vTextField"})
    return SecretField(widget=widget, strip=True, **options)


class KeyForm(forms.ModelForm):  # type: ignore[type-arg]  # takes no parameter at run time
    secret = secret_field(label="Key", help_text="As the provider gave it. It is sealed at once and never shown again.")

    class Meta:
        model = ApiKey
        fields = ("provider", "label")

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("provider") and cleaned.get("secret"):
            try:
                check_new_key(cleaned["provider"], cleaned["secret"])
            except BadRequest as error:
                self.add_error("secret", error.message)
        return cleaned


@admin.register(ApiKey)
class ApiKeyAdmin(AuditedAdmin):
    """Keys are added and retired; nothing about one is edited."""

    form = KeyForm
    list_display = ("key", "provider", "state", "health", "short_remark", "checked")
    list_filter = ("provider", StateFilter, "health", "source")
    list_select_related = ("provider",)
    search_fields = ("label", "last4")
    change_list_template = "admin/providers/apikey/list.html"
    actions = ("let_try_again", "drain", "resume", "retire")

    class Media:
        css: ClassVar = {"all": ("css/admin.css",)}

    @admin.display(description="key", ordering="last4")
    def key(self, key: ApiKey) -> str:
        return f"{key} {key.label}".strip()

    @admin.display(description="remark")
    def remark(self, key: ApiKey) -> str:
        return warning(key) or "–"

    @admin.display(description="remark")
    def short_remark(self, key: ApiKey) -> str:
        return brief(warning(key)) or "–"

    @admin.display(description="checked", ordering="checked_at")
    def checked(self, key: ApiKey) -> str:
        return ago(key.checked_at) if key.checked_at else "–"

    def get_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> tuple[str, ...]:  # noqa: ARG002 - Django's signature
        return SHOWN if obj else ("provider", "label", "secret")

    def get_readonly_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> tuple[str, ...]:  # noqa: ARG002 - Django's signature
        return SHOWN if obj else ()

    def has_change_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        return obj is None and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:  # noqa: ARG002 - Django's signature
        return False

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:  # noqa: ARG002, FBT001 - Django's signature
        author = request.user if isinstance(request.user, AbstractBaseUser) else None
        key = add_key(obj.provider, form.cleaned_data["secret"], label=obj.label, created_by=author)
        obj.pk, obj.last4 = key.pk, key.last4

    @admin.action(description="Let the selected keys be tried again", permissions=["change"])
    def let_try_again(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        chosen = _pin(queryset)
        for key in chosen.filter(state=KeyState.ACTIVE):
            try_again(key.pk)
        self._note(request, chosen, "To be tried again")

    @admin.action(description="Drain: no new calls with the selected keys", permissions=["change"])
    def drain(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        chosen = _pin(queryset)
        drain_keys(chosen)
        self._note(request, chosen, "Drained")

    @admin.action(description="Resume: use the selected keys again", permissions=["change"])
    def resume(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        chosen = _pin(queryset)
        resume_keys(chosen)
        self._note(request, chosen, "Resumed")

    @admin.action(description="Retire the selected keys and forget them", permissions=["change"])
    def retire(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        chosen = _pin(queryset)
        retire_keys(chosen)
        self._note(request, chosen, "Retired")
        if chosen.filter(source=KeySource.ENVIRONMENT, is_present=True).exists():
            text = "A retired key still stands in the environment; take it out there, too."
            self.message_user(request, text, messages.WARNING)

    def _note(self, request: HttpRequest, queryset: QuerySet[ApiKey], done: str) -> None:
        for key in queryset:
            self.log_change(request, key, done)
        self.message_user(request, f"{done}: {len(queryset)}.", messages.SUCCESS)


def _pin(selected: QuerySet[ApiKey]) -> QuerySet[ApiKey]:
    """Name the chosen keys by their numbers: what is done to them may take them out of the list's filters."""
    return ApiKey.objects.filter(pk__in=list(selected.values_list("pk", flat=True)))
