"""Operators make presets for everybody, and see nobody's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from conversations.models import Preset
from tests.support.factories import make_user

if TYPE_CHECKING:
    from django.test import Client

    from accounts.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("offered")]

LIST = reverse("admin:conversations_preset_changelist")
ADD = reverse("admin:conversations_preset_add")
FIELDS = {"name": "House", "model": "openai/plain", "instructions": "", "temperature": "0.3", "output_tokens": ""}


@pytest.fixture
def operator(client: Client) -> Client:
    client.force_login(make_user("op@example.org", is_staff=True, is_superuser=True))
    return client


def test_preset_for_everybody_is_made_and_switched_off(operator: Client) -> None:
    operator.post(ADD, {**FIELDS, "enabled": "on"})
    preset = Preset.objects.get()
    assert (preset.user, preset.name, preset.temperature, preset.enabled) == (None, "House", 0.3, True)
    assert "House" in operator.get(LIST).content.decode()
    operator.post(reverse("admin:conversations_preset_change", args=[preset.pk]), FIELDS)
    preset.refresh_from_db()
    assert not preset.enabled


def test_what_is_wrong_is_said(operator: Client) -> None:
    assert "from 0 to 2" in operator.post(ADD, {**FIELDS, "temperature": "nan"}).content.decode()
    operator.post(ADD, FIELDS)
    assert "with this name already" in operator.post(ADD, FIELDS).content.decode()
    assert Preset.objects.count() == 1


def test_presets_of_people_are_not_the_operators_business(operator: Client, alice: User) -> None:
    own = Preset.objects.create(user=alice, name="Secret", model="openai/plain", instructions="Secret words")
    assert "Secret" not in operator.get(LIST).content.decode()
    change = reverse("admin:conversations_preset_change", args=[own.pk])
    assert operator.get(change).status_code == 302
    operator.post(change, FIELDS)
    own.refresh_from_db()
    assert own.name == "Secret"
