"""What a refused request leaves in the log."""

from __future__ import annotations

import logging
from io import StringIO

import pytest
from django.test import Client
from django.urls import reverse

from tests.support.factories import make_user


def console() -> logging.StreamHandler[StringIO]:
    """Give the handler of the settings."""
    return next(one for one in logging.getLogger().handlers if type(one) is logging.StreamHandler)


@pytest.mark.django_db
def test_refused_lookup_is_one_line_of_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    log = StringIO()
    monkeypatch.setattr(console(), "stream", log)
    client = Client()
    client.force_login(make_user(is_staff=True, is_superuser=True))
    asked = {"person__password__startswith": "a", "person__email__\nERROR": "b"}
    refused = [
        client.get(reverse("admin:moderation_incident_changelist"), {name: value}) for name, value in asked.items()
    ]
    assert [answer.status_code for answer in refused] == [400, 400]
    lines = log.getvalue().splitlines()
    assert len(lines) == len(asked), "no traceback, and no line that a stranger made"
    assert " WARNING django.security.DisallowedModelAdminLookup: Filtering by person__password" in lines[0]


def test_errors_of_ours_keep_their_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    log = StringIO()
    monkeypatch.setattr(console(), "stream", log)
    logging.getLogger("django.request").error("Failed", exc_info=LookupError())
    assert " ERROR django.request: Failed\nLookupError" in log.getvalue()
