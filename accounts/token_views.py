"""The section of the settings that makes, lists and revokes tokens of the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib import messages
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import cache_control
from django.views.generic import FormView, View

from accounts import limits
from accounts.settings_views import SettingsMixin
from accounts.token_forms import TokenForm
from accounts.tokens import create_token, list_tokens, revoke_all, revoke_token
from chatproject.errors import DomainError

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse


@method_decorator(cache_control(private=True, no_store=True), name="dispatch")
class TokensView(SettingsMixin, FormView):  # type: ignore[type-arg]  # Django's views take no parameter
    """The secret of a new token is on the answer to the form and never again."""

    section = "tokens"
    form_class = TokenForm
    template_name = "accounts/tokens.html"

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "user": self.person}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(tokens=list_tokens(self.person), address=settings.PUBLIC_URL, **kwargs)

    def form_valid(self, form: TokenForm) -> HttpResponse:
        try:
            limits.require(limits.TOKENS, self.person.pk, settings.RATE_LIMIT_TOKENS)
            named = {field: form.cleaned_data[field] for field in ("name", "scopes")}
            token, secret = create_token(self.person, **named, expires_at=form.expires_at)
        except DomainError as error:
            form.add_error(None, error.message)
            return self.render_to_response(self.get_context_data(form=form), status=error.http_status)
        empty = TokenForm(user=self.person)
        return self.render_to_response(self.get_context_data(form=empty, made=token, secret=secret))


class RevokeView(SettingsMixin, View):
    section = "tokens"
    http_method_names = ("post",)

    def post(self, request: HttpRequest, token_id: UUID) -> HttpResponse:
        revoke_token(self.person, token_id)
        messages.success(request, _("The token no longer works."))
        return redirect("account_tokens")


class RevokeAllView(SettingsMixin, View):
    section = "tokens"
    http_method_names = ("post",)

    def post(self, request: HttpRequest) -> HttpResponse:
        count = revoke_all(self.person)
        words = ngettext("%(count)s token no longer works.", "%(count)s tokens no longer work.", count)
        messages.success(request, words % {"count": count})
        return redirect("account_tokens")
