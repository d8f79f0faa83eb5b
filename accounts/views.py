"""The entrance: signing in and out, signing up, invitations, the first operator, lost passwords."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from allauth.account import views as allauth
from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from allauth.core.internal.ratelimit import get_ip
from django.conf import settings
from django.db import IntegrityError
from django.http import HttpResponseRedirect
from django.shortcuts import resolve_url
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import FormView

from accounts import forms
from accounts.limits import MINUTE, require, too_many
from accounts.selectors import find_invitation
from accounts.setup import create_first_operator, is_setup_token

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse, HttpResponseBase

    from accounts.models import Invitation


LONGEST_OF_ALLAUTH = 3 * MINUTE
"""Seconds after which each of allauth's own limits lets somebody try again."""


def too_many_requests(request: HttpRequest) -> NoReturn:  # noqa: ARG001 - allauth calls it
    """Answer for the limits that allauth still counts, whose rates are per minute: it does not tell the real wait."""
    raise too_many(MINUTE)


class CountedMixin:
    """Counts the posts from one address, whatever comes of them; who is over the limit reads the real wait."""

    rate: ClassVar[str]
    """The name of a setting, which is also what is counted."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        require(self.rate, get_ip(request), getattr(settings, self.rate))
        response: HttpResponse = super().post(request, *args, **kwargs)  # type: ignore[misc]  # a view has it
        return response


class EntranceMixin:
    """Keeps ``site`` ours: allauth puts the host there, by the name the request gave it."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc]
        context.pop("site", None)
        return context


class LoginView(CountedMixin, EntranceMixin, allauth.LoginView):
    form_class = forms.LoginForm
    rate = "RATE_LIMIT_LOGIN"

    def form_invalid(self, form: forms.LoginForm) -> HttpResponse:
        response: HttpResponse = super().form_invalid(form)
        for error in form.non_field_errors().as_data():
            if error.code == "too_many_login_attempts":
                response.status_code = HTTPStatus.TOO_MANY_REQUESTS
                response["Retry-After"] = str((error.params or {}).get("seconds", LONGEST_OF_ALLAUTH))
        return response


class TakenEmailMixin(FormView):  # type: ignore[type-arg]  # Django's views take no parameter
    """Asks the form again when somebody took the email between its check and the save."""

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            return super().form_valid(form)
        except IntegrityError:
            form.full_clean()
            return super().form_valid(form) if form.is_valid() else self.form_invalid(form)


class SignupView(CountedMixin, EntranceMixin, TakenEmailMixin, allauth.SignupView):
    form_class = forms.SignupForm
    rate = "RATE_LIMIT_SIGNUP"
    template_name_signup_closed = "account/signup_closed.html"

    def closed(self) -> HttpResponse:
        response: HttpResponse = super().closed()
        response.status_code = HTTPStatus.FORBIDDEN
        return response


class InvitationView(SignupView):
    """Sign-up with the token of an invitation in the address."""

    template_name_signup_closed = "accounts/invitation_closed.html"
    invitation: Invitation | None

    def dispatch(self, request: HttpRequest, token: str) -> HttpResponseBase:
        self.invitation = find_invitation(token)
        response: HttpResponseBase = super().dispatch(request)
        return response

    def is_open(self) -> bool:
        return settings.SIGNUP != "closed" and self.invitation is not None

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "invitation": self.invitation}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(invitation=self.invitation, **kwargs)


@method_decorator([never_cache, sensitive_post_parameters("password1")], name="dispatch")
class SetupView(TakenEmailMixin):
    """Makes the first operator, for whoever holds the link that the machine printed."""

    form_class = forms.SetupForm
    template_name = "accounts/setup.html"

    def dispatch(self, request: HttpRequest, token: str) -> HttpResponseBase:
        self.token = token
        if not is_setup_token(token):
            context = self.get_context_data(form=None)
            return self.response_class(request, "accounts/setup_closed.html", context, status=HTTPStatus.GONE)
        return super().dispatch(request)

    def form_valid(self, form: forms.SetupForm) -> HttpResponse:
        user = create_first_operator(form.build_account(), token=self.token)
        get_adapter().login(self.request, user)
        return HttpResponseRedirect(resolve_url(settings.LOGIN_REDIRECT_URL))


class PasswordResetView(CountedMixin, EntranceMixin, allauth.PasswordResetView):
    form_class = forms.ResetPasswordForm
    rate = "RATE_LIMIT_PASSWORD_RESET"


class PasswordResetDoneView(EntranceMixin, allauth.PasswordResetDoneView):
    pass


class PasswordResetFromKeyView(CountedMixin, EntranceMixin, allauth.PasswordResetFromKeyView):
    """Sets a new password with the link from the mail; the link also proves the address."""

    form_class = forms.NewPasswordForm
    rate = "RATE_LIMIT_PASSWORD_RESET"

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        if context.get("token_fail"):
            kwargs["status"] = HTTPStatus.BAD_REQUEST
        response: HttpResponse = super().render_to_response(context, **kwargs)
        return response

    def form_valid(self, form: forms.NewPasswordForm) -> HttpResponse:
        EmailAddress.objects.filter(user=self.reset_user, email=self.reset_user.email).update(verified=True)
        response: HttpResponse = super().form_valid(form)
        return response


class EmailVerificationSentView(EntranceMixin, allauth.EmailVerificationSentView):
    pass


class ConfirmEmailView(EntranceMixin, allauth.ConfirmEmailView):
    pass


class AccountInactiveView(EntranceMixin, allauth.AccountInactiveView):
    pass
