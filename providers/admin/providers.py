"""Providers, for operators. A changed address asks for the key again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.base_user import AbstractBaseUser
from django.urls import reverse
from django.utils.html import format_html

from audit.admin import AuditedAdmin
from chatproject.errors import BadRequest
from providers.admin.keys import secret_field
from providers.admin.words import ago, brief
from providers.keys.addresses import normal_address
from providers.keys.services import (
    ENTER_AGAIN,
    add_key,
    change_address,
    check_new_key,
    check_secret,
    check_slug,
    is_from_environment,
    is_usable,
)
from providers.models import ApiKey, Health, KeyState, Provider
from providers.pricing import is_near
from providers.registry import KINDS

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

OFFERED = [(kind, label) for kind, (label, _) in KINDS.items() if kind != "demo"]
ENTERED = ("slug", "kind", "label", "base_url", "needs_key", "secret", "enabled")
TOLD = ("source", "is_present", "listed_at", "listing_error", "created_at")
NO_KEY = "It needs a key and has none: nobody can ask it yet."
NO_USABLE_KEY = "It needs a key, and none of its keys can be used: nobody can ask it now."
IN_THE_CLEAR = "The key and every question go to {} as plain text, which others on the way can read. Prefer https."


class ProviderForm(forms.ModelForm):  # type: ignore[type-arg]  # takes no parameter at run time
    kind = forms.ChoiceField(choices=OFFERED, help_text="The wire protocol it speaks.")
    secret = secret_field(
        label="Key", required=False, help_text="One to add; needed when the address changes. It is never shown again."
    )

    class Meta:
        model = Provider
        fields = ("slug", "kind", "label", "base_url", "needs_key", "enabled")
        labels: ClassVar = {"slug": "Name"}
        help_texts: ClassVar = {
            "slug": "Small letters, digits and hyphens; the first half of a model's id.",
            "label": "What people read, such as OpenAI.",
            "base_url": "OpenAI's kind usually ends in /v1, such as https://api.example.org/v1.",
            "enabled": "A provider that has or had keys is switched off here, not deleted.",
        }

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"]
        try:
            check_slug(slug)
        except BadRequest as error:
            raise forms.ValidationError(error.message) from None
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
        needs_key = self.instance.needs_key or cleaned.get("needs_key")
        if is_moved and not secret and (needs_key or self.instance.keys.exclude(ciphertext="").exists()):
            self.add_error("secret" if "secret" in self.fields else None, ENTER_AGAIN)
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


class KeylessForm(ProviderForm):
    """For those who may look after providers, but not add keys."""

    secret = None  # type: ignore[assignment]  # this is how Django takes a field away


@admin.register(Provider)
class ProviderAdmin(AuditedAdmin):
    form = ProviderForm
    list_display = ("label", "base_url", "keys_in_use", "enabled", "listing")
    list_filter = ("enabled", "kind", "source")
    search_fields = ("label", "slug", "base_url")

    class Media:
        css: ClassVar = {"all": ("css/admin.css",)}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Provider]:
        return super().get_queryset(request).prefetch_related("keys")

    @admin.display(description="keys")
    def keys_in_use(self, provider: Provider) -> str:
        """Tell how many of its keys can be used, of all that were not retired."""
        kept = [key for key in provider.keys.all() if key.state != KeyState.RETIRED]
        if not kept:
            return "none" if provider.needs_key else "not needed"
        return f"{len(_usable(provider))} of {len(kept)}"

    @admin.display(description="list of models", ordering="listed_at")
    def listing(self, provider: Provider) -> str:
        """Tell when the list of its models came, or why it did not."""
        if provider.listing_error:
            return brief(provider.listing_error)
        return ago(provider.listed_at) if provider.listed_at else "not fetched yet"

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Leave out the deletion of several: those with keys are switched off instead."""
        return {name: action for name, action in super().get_actions(request).items() if name != "delete_selected"}

    def get_readonly_fields(self, request: HttpRequest, obj: Provider | None = None) -> tuple[str, ...]:
        if obj is None:
            return ()
        # Another address costs the stored keys, and everybody's words go there.
        bound = () if request.user.has_perm("providers.change_apikey") else ("kind", "base_url", "needs_key")
        return ("slug", *dict.fromkeys((*(("kind", "base_url") if is_from_environment(obj) else ()), *bound)), *TOLD)

    def get_form(self, request: HttpRequest, obj: Provider | None = None, change: bool = False, **options: Any) -> Any:  # noqa: FBT001, FBT002 - Django's signature
        if not request.user.has_perm("providers.add_apikey"):
            options["form"] = KeylessForm
        return super().get_form(request, obj, change, **options)

    def get_fields(self, request: HttpRequest, obj: Provider | None = None) -> tuple[str, ...]:
        may_add = request.user.has_perm("providers.add_apikey")
        entered = tuple(name for name in ENTERED if may_add or name != "secret")
        return entered if obj is None else (*entered, *TOLD)

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

    def save_model(self, request: HttpRequest, obj: Provider, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's signature
        keys = ApiKey.objects.filter(provider__slug=obj.slug)
        with self.recording(request, "change keys", keys, also_new=True):
            self._store(request, obj, form, change=change)

    def _store(self, request: HttpRequest, obj: Provider, form: Any, *, change: bool) -> None:
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

    def response_add(self, request: HttpRequest, obj: Provider, post_url_continue: str | None = None) -> HttpResponse:
        answer = super().response_add(request, obj, post_url_continue)
        self._advise(request, obj)
        return answer

    def response_change(self, request: HttpRequest, obj: Provider) -> HttpResponse:
        answer = super().response_change(request, obj)
        self._advise(request, obj)
        return answer

    def _advise(self, request: HttpRequest, saved: Provider) -> None:
        """Say what is still missing before it can be asked, and how to see whether it can."""
        provider = Provider.objects.prefetch_related("keys").get(pk=saved.pk)
        usable = _usable(provider)
        if provider.needs_key and not usable:
            text = NO_USABLE_KEY if any(key.state == KeyState.ACTIVE for key in provider.keys.all()) else NO_KEY
            self.message_user(request, text, messages.WARNING)
        address = urlsplit(provider.base_url)
        if usable and address.scheme == "http" and not is_near(address.hostname or ""):
            self.message_user(request, IN_THE_CLEAR.format(address.hostname), messages.WARNING)
        if usable and request.POST.get("secret") and request.user.has_perm("providers.change_languagemodel"):
            models = reverse("admin:providers_languagemodel_changelist")
            text = format_html('<a href="{}">Fetch the lists of models</a> now to see whether it works.', models)
            self.message_user(request, text, messages.INFO)


def _usable(provider: Provider) -> list[ApiKey]:
    """List the keys that the next question may be asked with."""
    candidates = (key for key in provider.keys.all() if key.state == KeyState.ACTIVE and key.health != Health.REFUSED)
    return [key for key in candidates if is_usable(key, provider)]
