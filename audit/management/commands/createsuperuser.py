"""Makes an operator with all rights, as Django's own command does, and says so in the audit log."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.management.commands import createsuperuser

from audit.services import COMMAND, record


class Command(createsuperuser.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        superusers = get_user_model()._default_manager.filter(is_superuser=True)
        known = set(superusers.values_list("pk", flat=True))
        super().handle(*args, **options)
        for person in superusers.exclude(pk__in=known):
            record(COMMAND, "make superuser", person)
