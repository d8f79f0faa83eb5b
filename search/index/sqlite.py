"""The index on SQLite: FTS5 over pieces of three characters. Folding is a function of ours that every connection gets.

The pieces of a text are taken without their places (``detail=none``): a third of the size, and the text itself is
looked at anyway.
"""

from __future__ import annotations

_STORE = """
    INSERT INTO search_document (message_id, user_id, at, text)
    SELECT NEW.id, user_id, NEW.created_at, substr(search_fold(NEW.content), 1, 500000) FROM conversations_conversation
    WHERE id = NEW.conversation_id AND NEW.content <> '' AND NEW.role <> 'system';
"""
_STORE_TITLE = (
    "INSERT INTO search_title (conversation_id, user_id, text) VALUES (NEW.id, NEW.user_id, search_fold(NEW.title));"
)

_DROP = "DELETE FROM search_document WHERE message_id = OLD.id;"
_DROP_TITLE = "DELETE FROM search_title WHERE conversation_id = OLD.id;"

_BODIES = {
    "search_message_insert": ("INSERT ON conversations_message", _STORE),
    "search_message_update": (
        "UPDATE OF content ON conversations_message WHEN NEW.content IS NOT OLD.content",
        _DROP + _STORE,
    ),
    "search_message_delete": (
        "DELETE ON conversations_message",
        _DROP,
    ),
    "search_title_insert": ("INSERT ON conversations_conversation", _STORE_TITLE),
    "search_title_update": (
        "UPDATE OF title ON conversations_conversation WHEN NEW.title IS NOT OLD.title",
        _DROP_TITLE + _STORE_TITLE,
    ),
    "search_title_delete": (
        "DELETE ON conversations_conversation",
        _DROP_TITLE,
    ),
    "search_document_insert": (
        "INSERT ON search_document",
        "INSERT INTO search_index (rowid, text) VALUES (NEW.id, NEW.text);",
    ),
    "search_document_delete": (
        "DELETE ON search_document",
        "INSERT INTO search_index (search_index, rowid, text) VALUES ('delete', OLD.id, OLD.text);",
    ),
}
TRIGGERS = tuple(_BODIES)
REMOVING = (*(f"DROP TRIGGER IF EXISTS {name}" for name in TRIGGERS), "DROP TABLE IF EXISTS search_index")
STATEMENTS = (
    """
    CREATE VIRTUAL TABLE IF NOT EXISTS search_index USING fts5(
        text, content='search_document', content_rowid='id', tokenize='trigram case_sensitive 1', detail='none',
        columnsize=0
    )
    """,
    *(f"CREATE TRIGGER IF NOT EXISTS {name} AFTER {event} BEGIN {body} END" for name, (event, body) in _BODIES.items()),
)
