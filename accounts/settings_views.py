"""The settings: a page with sections, one form each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from allauth.account import views as allauth
from allauth.account.adapter import get_adapter
from allauth.decorators import rate_limit
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpResponseRedirect, JsonResponse
from django.urls import reverse, reverse_lazy
from django.utils import translation
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import FormView, TemplateView, View

from accounts import forms
from accounts.languages import remember_language
from accounts.services import delete_account
from chatproject.errors import BadRequest

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from accounts.models import User


class SettingsMixin(LoginRequiredMixin):
    """A section of the settings; ``section`` names it for the list at the left."""

    section: str

    @property
    def person(self) -> User:
        return cast("User", self.request.user)  # type: ignore[attr-defined]  # every view has a request

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(section=self.section, **kwargs)  # type: ignore[misc]
        return context


class ProfileView(SettingsMixin, FormView):  # type: ignore[type-arg]  # Django's views take no parameter
    section = "profile"
    form_class = forms.ProfileForm
    template_name = "accounts/profile.html"
    success_url = reverse_lazy("account_settings")

    def get_initial(self) -> dict[str, Any]:
        return {"name": self.person.name}

    def form_valid(self, form: forms.ProfileForm) -> HttpResponse:
        self.person.name = form.cleaned_data["name"]
        self.person.save(update_fields=["name"])
        messages.success(self.request, _("Your name is saved."))
        return super().form_valid(form)


class AppearanceView(SettingsMixin, FormView):  # type: ignore[type-arg]  # likewise
    """Takes the whole form, or by a script the one choice that was made, which it answers in JSON."""

    section = "appearance"
    form_class = forms.AppearanceForm
    template_name = "accounts/appearance.html"
    success_url = reverse_lazy("account_appearance")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "instance": self.person}

    def form_valid(self, form: forms.AppearanceForm) -> HttpResponse:
        self.person.save(update_fields=[*form.fields])
        if self._is_script:
            return JsonResponse({})
        messages.success(self.request, _("Your choice is saved."))
        return super().form_valid(form)

    def form_invalid(self, form: forms.AppearanceForm) -> HttpResponse:
        if self._is_script:
            raise BadRequest(_("There is no such choice. Nothing was changed."))
        return super().form_invalid(form)

    @property
    def _is_script(self) -> bool:
        return self.request.get_preferred_type(["text/html", "application/json"]) == "application/json"


class LanguageView(SettingsMixin, FormView):  # type: ignore[type-arg]  # likewise
    section = "language"
    form_class = forms.LanguageForm
    template_name = "accounts/language.html"
    success_url = reverse_lazy("account_language")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "instance": self.person}

    def form_valid(self, form: forms.LanguageForm) -> HttpResponse:
        self.person.save(update_fields=["language"])
        response = super().form_valid(form)
        remember_language(response, self.person.language)
        with translation.override(self.person.language or translation.get_language()):
            messages.success(self.request, _("Your choice is saved."))
        return response


class ChooseLanguageView(View):
    """Keeps the language that a stranger chose in their browser."""

    def post(self, request: HttpRequest) -> HttpResponse:
        language, where = request.POST.get("language", ""), request.POST.get("next", "")
        if language not in dict(settings.LANGUAGES):
            raise BadRequest(_("There is no such choice. Nothing was changed."))
        response = HttpResponseRedirect(where if get_adapter().is_safe_url(where) else reverse("account_login"))
        remember_language(response, language)
        return response


class PasswordView(SettingsMixin, allauth.PasswordChangeView):
    section = "password"
    form_class = forms.ChangePasswordForm


@method_decorator([never_cache, sensitive_post_parameters("password")], name="dispatch")
@method_decorator(rate_limit(action="reauthenticate"), name="post")
class DeleteAccountView(SettingsMixin, FormView):  # type: ignore[type-arg]  # likewise
    section = "delete"
    form_class = forms.DeleteAccountForm
    template_name = "accounts/delete.html"
    success_url = reverse_lazy("account_deleted")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "user": self.person}

    def form_valid(self, form: forms.DeleteAccountForm) -> HttpResponse:  # noqa: ARG002 - Django's signature
        delete_account(self.person)
        logout(self.request)
        return HttpResponseRedirect(self.get_success_url())


class DeletedView(TemplateView):
    template_name = "accounts/deleted.html"
