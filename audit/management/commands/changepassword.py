"""Changes somebody's password, as Django's own command does, and says so in the audit log."""

from __future__ import annotations

import getpass
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.management.commands import changepassword

from audit.services import COMMAND, record


class Command(changepassword.Command):
    def handle(self, *args: Any, **options: Any) -> str | None:
        said = super().handle(*args, **options)
        person = get_user_model()._default_manager.get_by_natural_key(options["username"] or getpass.getuser())
        record(COMMAND, "change password", person)
        return said
