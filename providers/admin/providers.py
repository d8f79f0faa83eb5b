"""Providers, for operators. A changed address asks for the key again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.auth.base_user import AbstractBaseUser

from chatproject.errors import BadRequest
from providers.admin.keys import secret_field
from providers.keys.addresses import normal_address
from providers.keys.services import add_key, change_address, check_new_key, check_secret, is_from_environment
from providers.models import Provider
from providers.registry import KINDS

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

OFFERED = [(kind, label) for kind, (label, _) in KINDS.items() if kind != "demo"]
ENTER_AGAIN = "Enter the key, too: a stored key is never sent to another address."


class ProviderForm(forms.ModelForm):  # type: ignore[type-arg]  # takes no parameter at run time
    kind = forms.ChoiceField(choices=OFFERED, help_text="The wire protocol it speaks.")
    secret = secret_field(
        label="Key", required=False, help_text="One to add; needed when the address changes. It is never shown again."
    )

    class Meta:
        model = Provider
        fields = ("slug", "kind", "label", "base_url", "needs_key", "enabled")

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"]
        if slug != slug.lower() or slug == "demo":
            raise forms.ValidationError("The name of a provider is made of small letters, digits and hyphens.")
        return slug

    def clean_base_url(self) -> str:
        try:
            return normal_address(self.cleaned_data["base_url"])
        except BadRequest as error:
            raise forms.ValidationError(error.message) from None

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or self.cleaned_data
        secret = cleaned.get("secret")
        is_moved = bool(self.instance.pk) and "base_url" in cleaned and cleaned["base_url"] != self._stored_address()
        if is_moved and not secret and (self.instance.needs_key or self.instance.keys.exclude(ciphertext="").exists()):
            self.add_error("secret", ENTER_AGAIN)
        if secret:
            try:
                if self.instance.pk and not is_moved:
                    check_new_key(self.instance, secret)
                else:
                    check_secret(secret)
            except BadRequest as error:
                self.add_error("secret", error.message)
        return cleaned

    def _stored_address(self) -> str:
        return Provider.objects.values_list("base_url", flat=True).get(pk=self.instance.pk)


@admin.register(Provider)
class ProviderAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # likewise
    form = ProviderForm
    list_display = (
        "label",
        "slug",
        "kind",
        "base_url",
        "source",
        "enabled",
        "is_present",
        "listed_at",
        "listing_error",
    )
    list_filter = ("enabled", "kind", "source")
    show_full_result_count = False
    search_fields = ("label", "slug", "base_url")

    def get_readonly_fields(self, request: HttpRequest, obj: Provider | None = None) -> tuple[str, ...]:  # noqa: ARG002 - Django's signature
        if obj is None:
            return ()
        told = ("source", "is_present", "listed_at", "listing_error", "created_at")
        return ("slug", "kind", "base_url", *told) if is_from_environment(obj) else ("slug", *told)

    def has_delete_permission(self, request: HttpRequest, obj: Provider | None = None) -> bool:
        is_free = obj is None or not (is_from_environment(obj) or obj.keys.exists())
        return is_free and super().has_delete_permission(request, obj)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, set[str], Any]:
        """Let models go with their provider, also listed ones, which cannot be deleted by themselves."""
        shown, counts, needed, protected = super().get_deleted_objects(objs, request)
        needed = set(needed)
        if request.user.has_perm("providers.delete_languagemodel"):
            needed -= {"model"}  # as LanguageModel is called
        return shown, counts, needed, protected

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Provider]) -> None:
        for provider in queryset:
            if self.has_delete_permission(request, provider):
                provider.delete()

    def save_model(self, request: HttpRequest, obj: Provider, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's signature
        author = request.user if isinstance(request.user, AbstractBaseUser) else None
        secret = form.cleaned_data.get("secret", "")
        if not change:
            obj.save()
            if secret:
                add_key(obj, secret, created_by=author)
            return
        wanted = obj.base_url
        obj.base_url = Provider.objects.values_list("base_url", flat=True).get(pk=obj.pk)
        obj.save(update_fields=[name for name in ("kind", "label", "needs_key", "enabled") if name in form.fields])
        change_address(obj, wanted, secret=secret, created_by=author)
