"""Telling the operators that a provider refused a key. Never the key: its last characters at most."""

from __future__ import annotations

import logging
import smtplib
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import send_mail
from django.urls import reverse

from providers.models import ApiKey, Health, KeyState

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Alarm:
    """A refusal to tell of, and whom."""

    provider: str
    key: str
    note: str
    has_others: bool
    """Whether another key of the provider may still answer."""
    recipients: tuple[str, ...]


def raise_alarm(key_id: int) -> Alarm:
    """Log that a key was refused, and say whom to write to. For a database thread."""
    key = ApiKey.objects.select_related("provider").get(pk=key_id)
    logger.error("%s refused the key %s (number %s). It is not used any more.", key.provider.slug, key, key.pk)
    operators = get_user_model().objects.filter(is_superuser=True, is_active=True).exclude(email="")
    addresses = tuple(operators.values_list("email", flat=True))
    label = f"{key} ({key.label})" if key.label else str(key)
    others = key.provider.keys.filter(state=KeyState.ACTIVE, is_present=True).exclude(health=Health.REFUSED)
    return Alarm(key.provider.label, label, key.health_note, others.exists(), addresses)


def send_alarm(alarm: Alarm) -> None:
    """Write to the operators; a mail that cannot be sent is logged. This may take seconds."""
    if not alarm.recipients:
        return
    page = settings.PUBLIC_URL + reverse("admin:providers_apikey_changelist")
    others = (
        "Its other keys go on answering."
        if alarm.has_others
        else "No other key of it is left: until there is one, nobody can ask its models."
    )
    text = (
        f"{alarm.provider} refused the key {alarm.key}, so it is not used any more. {others}\n\n"
        f"{alarm.note}\n\n"
        "Add a new key, or look at this one in your account there; then let it be tried again:\n"
        f"{page}\n"
    )
    try:
        send_mail(f"{settings.SITE_NAME}: a key of {alarm.provider} was refused", text, None, alarm.recipients)
    except (OSError, smtplib.SMTPException) as error:
        logger.error("The operators could not be written to (%s).", type(error).__name__)  # noqa: TRY400 - a mail server's words add nothing
