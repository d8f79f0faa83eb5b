"""Gathers the words to translate into ``locale/``, and compiles what is translated: ``make messages``.

Needs xgettext and its companions (GNU gettext), and no database. Pages of operators and programmers are English, so
their templates, admins and commands are not looked at.
"""

from __future__ import annotations

import os
import sys

import django
from django.core.management import call_command
from django.core.management.commands.makemessages import Command
from django.utils.crypto import get_random_string

LOCALES = ("de", "es", "zh_Hans")
NOT_OURS = (".venv/*", "node_modules/*", "static/*", "var/*")
NOT_SPOKEN = (
    "tests/*",
    "benchmarks/*",
    "templates/admin/*",
    "templates/api/*",
    "*/admin/*",
    "admin.py",
    "*/management/*",
    "*/migrations/*",
)


class Gather(Command):
    """Leaves what is new empty: a guess from a similar sentence is worse than English."""

    msgmerge_options = [*Command.msgmerge_options, "--no-fuzzy-matching"]  # noqa: RUF012 - Django's attribute


def gather() -> None:
    """Write what is marked into the ``.po`` files; what is no longer said goes, what is new waits for its words."""
    call_command(
        Gather(),
        locale=[*LOCALES],
        ignore_patterns=[*NOT_OURS, *NOT_SPOKEN],
        add_location="file",
        no_wrap=True,
        no_obsolete=True,
        verbosity=0,
    )


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatproject.settings")
    os.environ.setdefault("SECRET_KEY", get_random_string(60))
    os.environ.setdefault("FIELD_ENCRYPTION_KEYS", "A" * 43 + "=")
    django.setup()
    gather()
    call_command("compilemessages", locale=[*LOCALES], ignore_patterns=[*NOT_OURS], verbosity=0)
    sys.stdout.write("The words of locale/ are up to date.\n")


if __name__ == "__main__":
    main()
