"""What is done about a person: a warning, which they see until they have taken note of it."""

from __future__ import annotations

import logging
from functools import partial
from smtplib import SMTPException
from typing import TYPE_CHECKING

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.db.models.functions import Now
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from audit.services import record
from chatproject.errors import BadRequest, Conflict, Forbidden, NotFound
from chatproject.text import one_line
from moderation.decisions import has_all_rights
from moderation.models import Incident, PersonalWarning

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from django.contrib.auth.base_user import AbstractBaseUser

logger = logging.getLogger(__name__)

MOST_LISTED = 10
CONSOLE_MAIL = "django.core.mail.backends.console.EmailBackend"

_listeners: list[Callable[[UUID], None]] = []


def tell_who_is_warned(listener: Callable[[UUID], None]) -> None:
    """Let a listener know the id of each person who was warned, after the commit."""
    _listeners[:] = [listener]


def may_warn(author: AbstractBaseUser, incident: Incident) -> bool:
    """Tell whether somebody may warn the person of an incident: never oneself, and operators only as a superuser."""
    is_other = incident.person_id != author.pk
    return is_other and (not incident.person.is_operator or has_all_rights(author))


def warn_person(incident: Incident, *, author: AbstractBaseUser, text: str, address: str = "") -> PersonalWarning:
    """Warn the person of an incident, and note it in the audit log.

    The mail is another thing: :func:`mail_warning`. Raises BadRequest (a text that is none), Forbidden (see
    :func:`may_warn`), Conflict (a warning about this incident has not been read yet).
    """
    if not may_warn(author, incident):
        raise Forbidden("You may not warn this person.")
    text = text.strip()
    if not text or len(text) > PersonalWarning.LONGEST_TEXT:
        raise BadRequest(f"A warning has 1 to {PersonalWarning.LONGEST_TEXT:,} characters.")
    with transaction.atomic():
        # Held, so that two who warn at once do not both see that there is none.
        list(Incident.objects.select_for_update().filter(pk=incident.pk).values_list("pk"))
        if incident.warnings.filter(acknowledged_at=None).exists():
            raise Conflict("They were warned about this already, and have not read it yet.")
        warning = PersonalWarning.objects.create(
            person_id=incident.person_id, incident=incident, author_id=author.pk, text=text
        )
        said = {"text": text, "incident": str(incident.pk)}
        record(author, "warn", incident.person, changes=said, address=address)
        for listener in _listeners:
            transaction.on_commit(partial(listener, warning.person_id))
    return warning


def mail_warning(warning: PersonalWarning) -> bool:
    """Send a warning by mail; tells whether it went out.

    It does not where no mail is set up, or where nobody has shown that the address is theirs: what it says is for one
    person, and for no stranger whose address somebody typed.
    """
    address = getattr(warning.person, warning.person.get_email_field_name())
    is_theirs = EmailAddress.objects.filter(user=warning.person, email=address, verified=True)
    if settings.EMAIL_BACKEND == CONSOLE_MAIL or not is_theirs.exists():
        return False
    context = {"warning": warning, "site_name": settings.SITE_NAME, "public_url": settings.PUBLIC_URL}
    with translation.override(getattr(warning.person, "language", "") or settings.LANGUAGE_CODE):
        subject = _("A warning from %(site)s") % {"site": settings.SITE_NAME}
        body = render_to_string("moderation/warning_mail.txt", context)
    try:
        send_mail(subject, body, None, [address])
    except (SMTPException, OSError):
        logger.exception("A warning could not be sent by mail.")
        return False
    return True


def list_measures(person: AbstractBaseUser) -> list[str]:
    """Say in lines what was done about a person: whether they are suspended, and their newest warnings."""
    suspended = [] if person.is_active else ["Suspended."]
    warnings = PersonalWarning.objects.filter(person_id=person.pk)[:MOST_LISTED]
    return suspended + [_in_words(warning) for warning in warnings]


def _in_words(warning: PersonalWarning) -> str:
    when = localtime(warning.created_at)
    read = "read" if warning.acknowledged_at else "not yet read"
    return f"Warned on {when:%d %B %Y, %H:%M}, {read}: {one_line(warning.text)}"


def list_open_warnings(person: AbstractBaseUser) -> list[PersonalWarning]:
    """List the warnings that a person has not taken note of, the oldest first."""
    return list(PersonalWarning.objects.filter(person_id=person.pk, acknowledged_at=None).order_by("created_at", "id"))


def acknowledge_warning(person: AbstractBaseUser, warning_id: UUID) -> None:
    """Note that a person has read a warning of theirs; again changes nothing. Raises NotFound."""
    own = PersonalWarning.objects.filter(person_id=person.pk, pk=warning_id)
    if not own.filter(acknowledged_at=None).update(acknowledged_at=Now()) and not own.exists():
        raise NotFound(_("This warning is not there."))
