"""Where django-allauth asks this site."""

from __future__ import annotations

import logging
from smtplib import SMTPException
from typing import TYPE_CHECKING, Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.internal.ratelimit import get_ip
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import limits
from chatproject.errors import Unavailable

if TYPE_CHECKING:
    from django.http import HttpRequest

    from accounts.models import User

FAILED_LOGINS = "failed logins"

logger = logging.getLogger(__name__)


class AccountAdapter(DefaultAccountAdapter):
    """Our rules where they are stricter, and our words."""

    error_messages: ClassVar[dict[str, Any]] = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": gettext_lazy("The email or the password is not right."),
        "email_taken": gettext_lazy("There is an account with this email. Sign in, or reset its password."),
        "enter_current_password": gettext_lazy("This is not your current password."),
        "too_many_login_attempts": gettext_lazy("There were many tries. Wait a few minutes, or reset the password."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 - allauth's signature
        return settings.SIGNUP == "open"

    def is_safe_url(self, url: str | None) -> bool:
        """Allow only paths of this site; allauth would also allow full addresses of our hosts."""
        return (url or "").startswith("/") and url_has_allowed_host_and_scheme(url, allowed_hosts=None)

    def is_ajax(self, request: HttpRequest) -> bool:  # noqa: ARG002 - allauth's signature
        return False

    def set_password(self, user: User, password: str) -> None:
        """Save the password alone: saving the whole row could undo a suspension of the same moment."""
        user.set_password(password)
        user.save(update_fields=["password"])

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send one of ``templates/account/email``; links start with ``PUBLIC_URL``, whatever Host said."""
        context = {**context, "public_url": settings.PUBLIC_URL, "site_name": settings.SITE_NAME}
        try:
            super().send_mail(template_prefix, email, context)
        except (SMTPException, OSError):
            logger.exception("A mail could not be sent.")
            raise Unavailable(_("The mail could not be sent just now. Please try again in a few minutes.")) from None

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Count failed logins by address (of IPv6, its network) and account: nobody can lock another person out.

        allauth would count by the Host header, which a stranger can vary with the port.
        """
        return f"{get_ip(request)} {credentials.get('email', '').lower()}"

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count a try before its password is looked at; ``authenticate`` gives a good one back."""
        self._tries = {
            get_ip(request): settings.RATE_LIMIT_FAILED_LOGINS_OF_ADDRESS,
            self._get_login_attempts_cache_key(request, **credentials): settings.RATE_LIMIT_FAILED_LOGINS_OF_ACCOUNT,
        }
        for who, rate in self._tries.items():
            decision = limits.hit(FAILED_LOGINS, who, rate)
            if not decision.allowed:
                wait = limits.in_words(decision.retry_after)
                raise ValidationError(
                    _("There were many tries. Please try again after %(wait)s, or reset the password.")
                    % {"wait": wait},
                    code="too_many_login_attempts",
                    params={"seconds": decision.retry_after},
                )

    def _rollback_login_failed_rl_usage(self) -> None:
        for who, rate in self._tries.items():
            limits.give_back(FAILED_LOGINS, who, rate)

    def _delete_login_attempts_cached_email(self, request: HttpRequest, **credentials: Any) -> None:
        who = self._get_login_attempts_cache_key(request, **credentials)
        limits.forget(FAILED_LOGINS, who, settings.RATE_LIMIT_FAILED_LOGINS_OF_ACCOUNT)
