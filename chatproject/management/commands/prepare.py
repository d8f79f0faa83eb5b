"""``manage.py prepare``: what has to be done before a new version serves; quick when there is nothing to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.executor import MigrationExecutor


class Command(BaseCommand):
    help = "Bring the database and the files of the page up to date."

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        self._migrate()
        self._collect_files()

    def _migrate(self) -> None:
        connection = connections[DEFAULT_DB_ALIAS]
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            self._say("Bringing the database up to date ...")
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute("SET statement_timeout = 0")  # the site's own limit is for requests
            call_command("migrate", interactive=False, verbosity=0)

    def _collect_files(self) -> None:
        """Copy the static files under hashed names, when they are not those of the last time."""
        mark = Path(settings.STATIC_ROOT) / ".collected"
        storage = settings.STORAGES["staticfiles"]["BACKEND"]
        wanted = f"{settings.BUILD} {django.get_version()} {storage}\n"
        if not mark.exists() or mark.read_text() != wanted:
            self._say("Preparing the files of the page ...")
            call_command("collectstatic", interactive=False, verbosity=0)
            mark.write_text(wanted)

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
