"""A warning, as the person sees it who is warned."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from moderation.measures import warn_person
from moderation.services import file_report
from tests.support.factories import make_conversation, make_user

if TYPE_CHECKING:
    from accounts.models import User
    from moderation.models import PersonalWarning

pytestmark = pytest.mark.django_db


@pytest.fixture
def warning(alice: User) -> PersonalWarning:
    incident = file_report(alice, subject=uuid4(), text="An answer")
    return warn_person(incident, author=make_user(is_staff=True), text="Please <b>stop</b>\nthis.")


def address(warning: PersonalWarning) -> str:
    return reverse("conversations:acknowledge", args=[warning.pk])


def test_warning_stands_on_every_page_until_it_is_read(client: Client, alice: User, warning: PersonalWarning) -> None:
    client.force_login(alice)
    pages = [reverse("conversations:new"), reverse("conversations:detail", args=[make_conversation(alice).pk])]
    for page in pages:
        assert "Please &lt;b&gt;stop&lt;/b&gt;\nthis." in client.get(page).content.decode()
    told = client.post(address(warning), headers={"Accept": "application/json"})
    assert json.loads(told.content) == {"warning": str(warning.pk)}
    for page in pages:
        assert "Please" not in client.get(page).content.decode()
    warning.refresh_from_db()
    read_at = warning.acknowledged_at
    assert read_at is not None
    assert client.post(address(warning)).status_code == 302, "again, and without scripts"
    warning.refresh_from_db()
    assert warning.acknowledged_at == read_at


def test_warning_is_only_for_who_is_warned(client: Client, bob: User, warning: PersonalWarning) -> None:
    client.force_login(bob)
    assert "Please" not in client.get(reverse("conversations:new")).content.decode()
    assert client.post(address(warning)).status_code == 404
    client.logout()
    assert client.post(address(warning)).status_code == 302
    warning.refresh_from_db()
    assert warning.acknowledged_at is None


def test_taking_note_needs_a_post_with_the_csrf_token(alice: User, warning: PersonalWarning) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice)
    assert strict.post(address(warning)).status_code == 403
    assert strict.get(address(warning)).status_code == 405
    warning.refresh_from_db()
    assert warning.acknowledged_at is None
