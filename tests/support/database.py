"""Looking into the database of a server process from a test process."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import environ
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.utils import load_backend

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def default_database(url: str) -> Iterator[None]:
    """Make the database at ``url`` the default one of this thread, for models, services and transactions alike."""
    former = connections[DEFAULT_DB_ALIAS]
    other = _connection(url)
    connections[DEFAULT_DB_ALIAS] = other
    # Async tests look in between two frames; nothing else waits for their loop.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    try:
        yield
    finally:
        other.close()
        connections[DEFAULT_DB_ALIAS] = former
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


def _connection(url: str) -> Any:
    parsed: dict[str, Any] = environ.Env().db_url_config(url)
    options = {key: value for key, value in connections.settings[DEFAULT_DB_ALIAS]["OPTIONS"].items() if key != "pool"}
    settings = {**connections.settings[DEFAULT_DB_ALIAS], **parsed, "OPTIONS": options}
    return load_backend(settings["ENGINE"]).DatabaseWrapper(settings, DEFAULT_DB_ALIAS)
