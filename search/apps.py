"""Keeps the index beside the words: what the database needs for it is made when it is migrated."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate, pre_migrate


class SearchConfig(AppConfig):
    name = "search"

    def ready(self) -> None:
        connection_created.connect(_teach, dispatch_uid="search")
        pre_migrate.connect(_step_aside, sender=self, dispatch_uid="search")
        post_migrate.connect(_install, sender=self, dispatch_uid="search")


def _teach(connection: Any, **_: object) -> None:
    """Let SQLite fold text as we do; its triggers ask for it."""
    from search.folding import fold  # noqa: PLC0415 - apps come before modules

    if connection.vendor == "sqlite":
        connection.connection.create_function("search_fold", 1, fold, deterministic=True)


def _step_aside(using: str, plan: Any = None, **_: object) -> None:
    from search.index import step_aside  # noqa: PLC0415 - likewise

    if plan:
        step_aside(using)


def _install(using: str, plan: Any = None, **_: object) -> None:
    """Only after a migration: clearing a database, as tests do, sends the same signal."""
    from search.index import install  # noqa: PLC0415 - likewise

    if plan is not None:
        install(using)
