"""The groups that are made to begin with."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission

pytestmark = pytest.mark.django_db


def test_group_that_was_there_before_keeps_the_rights_it_had() -> None:
    Group.objects.all().delete()
    own = Permission.objects.get(codename="view_budget")
    Group.objects.create(name="Moderator").permissions.add(own)
    import_module("accounts.migrations.0004_roles").make_roles(apps, None)
    assert set(Group.objects.values_list("name", flat=True)) == {"Operator", "Moderator", "Accountant", "Read-only"}
    assert list(Group.objects.get(name="Moderator").permissions.all()) == [own]
    assert Group.objects.get(name="Accountant").permissions.exists()
