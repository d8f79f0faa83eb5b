"""What the operators are told of a refused key."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from providers import faults
from providers.keys.alarm import raise_alarm, send_alarm
from providers.keys.health import mark_refused
from providers.keys.services import add_key
from tests.support.factories import make_user

if TYPE_CHECKING:
    from django.core.mail import EmailMessage

    from providers.models import Provider

pytestmark = pytest.mark.django_db

REFUSAL = faults.refused("OpenAI").message


def told(mailoutbox: list[EmailMessage]) -> str:
    [mail] = mailoutbox
    return str(mail.body)


def test_mail_says_that_no_other_key_is_left(openai: Provider, mailoutbox: list[EmailMessage]) -> None:
    make_user("root@example.org", is_superuser=True)
    key = add_key(openai, "sk-first-0123456789")
    assert mark_refused(key.pk, REFUSAL)
    send_alarm(raise_alarm(key.pk))
    assert "nobody can ask its models" in told(mailoutbox)
    assert "OpenAI refused the key of this site.\n" in told(mailoutbox)
    assert "ask your operator" not in told(mailoutbox)


def test_mail_says_that_others_go_on(openai: Provider, mailoutbox: list[EmailMessage]) -> None:
    make_user("root@example.org", is_superuser=True)
    key = add_key(openai, "sk-first-0123456789")
    add_key(openai, "sk-second-0123456789")
    assert mark_refused(key.pk, REFUSAL)
    assert not mark_refused(key.pk, REFUSAL), "only the first one tells"
    send_alarm(raise_alarm(key.pk))
    assert "other keys go on" in told(mailoutbox)
