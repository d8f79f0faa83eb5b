"""What the database keeps for searching: functions, triggers and an index, the same rows on PostgreSQL and SQLite.

Triggers write in the transaction that stores the words, whichever door they came through.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.db import connections, transaction

from search.index import postgresql, sqlite

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.backends.utils import CursorWrapper

BATCH = 1000

_MISSING_MESSAGES = """
    SELECT message.id FROM conversations_message message
    LEFT JOIN search_document document ON document.message_id = message.id
    WHERE document.id IS NULL AND message.content <> '' AND message.role <> 'system'
"""
_ADD_MESSAGES = """
    INSERT INTO search_document (message_id, user_id, at, text)
    SELECT message.id, conversation.user_id, message.created_at, substr(search_fold(message.content), 1, 500000)
    FROM conversations_message message
    JOIN conversations_conversation conversation ON conversation.id = message.conversation_id
    WHERE message.id IN ({places})
    ON CONFLICT (message_id) DO NOTHING
"""
_ADD_TITLES = """
    INSERT INTO search_title (conversation_id, user_id, text)
    SELECT conversation.id, conversation.user_id, search_fold(conversation.title)
    FROM conversations_conversation conversation
    LEFT JOIN search_title title ON title.conversation_id = conversation.id
    WHERE title.conversation_id IS NULL
    ON CONFLICT (conversation_id) DO NOTHING
"""


def install(using: str) -> None:
    """Make what is missing, and add what was stored while it was missing; again is as good as once."""
    connection = connections[using]
    if not _has_tables(connection):
        return
    statements = postgresql.statements(connection) if connection.vendor == "postgresql" else sqlite.STATEMENTS
    with _unhurried(connection) as cursor:
        for statement in statements:
            cursor.execute(statement)
    _catch_up(connection)


def step_aside(using: str) -> None:
    """Take SQLite's triggers away before its tables are rebuilt: they would break that, or silently be lost by it."""
    connection = connections[using]
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            for name in sqlite.TRIGGERS:
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}")


def remove(using: str) -> None:
    """Take everything away again, before its tables go."""
    connection = connections[using]
    removing = postgresql.REMOVING if connection.vendor == "postgresql" else sqlite.REMOVING
    with connection.cursor() as cursor:
        for statement in removing:
            cursor.execute(statement)


def _has_tables(connection: BaseDatabaseWrapper) -> bool:
    needed = {"search_document", "search_title", "conversations_message", "conversations_conversation"}
    return needed <= set(connection.introspection.table_names())


def _catch_up(connection: BaseDatabaseWrapper) -> None:
    """Add what no trigger saw, some at a time, so that nobody waits for all of it."""
    with _unhurried(connection) as cursor:
        cursor.execute(_ADD_TITLES)
        cursor.execute(_MISSING_MESSAGES)
        missing: list[Any] = [row[0] for row in cursor.fetchall()]
    step = min(BATCH, connection.features.max_query_params or BATCH)
    for start in range(0, len(missing), step):
        some = missing[start : start + step]
        with _unhurried(connection) as cursor:
            cursor.execute(_ADD_MESSAGES.format(places=", ".join(["%s"] * len(some))), some)


@contextmanager
def _unhurried(connection: BaseDatabaseWrapper) -> Iterator[CursorWrapper]:
    """Open a transaction without the time limit that holds for what people wait for."""
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL statement_timeout = 0")
        yield cursor
