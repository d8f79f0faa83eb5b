"""The index on PostgreSQL, of its own means alone: hosts that refuse every extension are as good as any other.

A GIN index holds, of each text, all pieces of three characters (of one and two as well where it is not all ASCII), and
whose it is. Looking for a few pieces and a person touches only what is theirs, however often others say the same. It
asks neither for words nor for a language, so that Chinese, emoji and ``snake_case`` are found like anything else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from search.folding import MARKS, SAME, SPACES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.backends.base.base import BaseDatabaseWrapper

_COLLATIONS = ("und-x-icu", "C.utf8", "C.UTF-8", "default")
"""What knows the capitals of all scripts, the best first."""

_FOLD = """
    CREATE OR REPLACE FUNCTION search_fold(value text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
        SELECT btrim(regexp_replace(
            CASE WHEN octet_length(value) = length(value) THEN lower(value COLLATE "C") ELSE {other} END,
            '[{spaces}]+', ' ', 'g'
        ), ' ')
    $$
"""
_OTHER = """replace(translate(lower(normalize(regexp_replace(
    normalize(value, NFKD), '[{marks}]', '', 'g'), NFC) COLLATE "{collation}") COLLATE "C",
    '{letters}', '{same}'), 'ß', 'ss')"""
_PIECES = (
    "string_to_array(rtrim(regexp_replace(substr(value, {start}), '{dots}', '\\&' || chr(1), 'g'), chr(1)), chr(1))"
)
_GRAMS = """
    CREATE OR REPLACE FUNCTION search_grams(owner uuid, value text) RETURNS text[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 10000 AS $$
        SELECT {threes} || owner::text || CASE
            WHEN octet_length(value) = length(value) THEN NULL ELSE string_to_array(value, NULL) || {twos}
        END
    $$
"""
# One sign may stand for eighteen (U+FDFA), and whoever sends a message waits for the index: it ends where a text does.
_STORE_MESSAGE = """
    CREATE OR REPLACE FUNCTION search_store_message() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.content = '' OR NEW.role = 'system' THEN
            DELETE FROM search_document WHERE message_id = NEW.id;
        ELSE
            INSERT INTO search_document (message_id, user_id, at, text)
            SELECT NEW.id, user_id, NEW.created_at, substr(search_fold(NEW.content), 1, 500000)
            FROM conversations_conversation WHERE id = NEW.conversation_id
            ON CONFLICT (message_id) DO UPDATE SET text = EXCLUDED.text, at = EXCLUDED.at;
        END IF;
        RETURN NULL;
    END $$
"""
_DROP_MESSAGE = """
    CREATE OR REPLACE FUNCTION search_drop_message() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        DELETE FROM search_document WHERE message_id = OLD.id;
        RETURN NULL;
    END $$
"""
_STORE_TITLE = """
    CREATE OR REPLACE FUNCTION search_store_title() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO search_title (conversation_id, user_id, text)
        VALUES (NEW.id, NEW.user_id, search_fold(NEW.title))
        ON CONFLICT (conversation_id) DO UPDATE SET text = EXCLUDED.text;
        RETURN NULL;
    END $$
"""
_DROP_TITLE = """
    CREATE OR REPLACE FUNCTION search_drop_title() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        DELETE FROM search_title WHERE conversation_id = OLD.id;
        RETURN NULL;
    END $$
"""
_TRIGGERS = (
    ("message_insert", "AFTER INSERT ON conversations_message", "NEW.content <> ''", "store_message"),
    (
        "message_update",
        "AFTER UPDATE OF content ON conversations_message",
        "NEW.content IS DISTINCT FROM OLD.content",
        "store_message",
    ),
    ("message_delete", "AFTER DELETE ON conversations_message", "true", "drop_message"),
    ("title_insert", "AFTER INSERT ON conversations_conversation", "true", "store_title"),
    (
        "title_update",
        "AFTER UPDATE OF title ON conversations_conversation",
        "NEW.title IS DISTINCT FROM OLD.title",
        "store_title",
    ),
    ("title_delete", "AFTER DELETE ON conversations_conversation", "true", "drop_title"),
)
_FUNCTIONS = ("store_message", "drop_message", "store_title", "drop_title", "grams", "fold")
REMOVING = tuple(f"DROP FUNCTION IF EXISTS search_{name} CASCADE" for name in _FUNCTIONS)
"""With the triggers and the index that call them."""
_INDEX = """
    CREATE INDEX IF NOT EXISTS search_document_grams ON search_document USING gin (search_grams(user_id, text))
    WITH (gin_pending_list_limit = 512)
"""
"""Now and then somebody's message takes what is pending into the index; with less of it, nobody notices."""
_NO_STATISTICS = "ALTER INDEX search_document_grams ALTER COLUMN 1 SET STATISTICS 0"
"""Gathering them would cut thousands of texts into pieces each time, and nobody asks for them."""


def statements(connection: BaseDatabaseWrapper) -> Iterator[str]:
    """Give the statements that make what is missing."""
    twos, threes = (_all_pieces(size) for size in (2, 3))
    yield _FOLD.format(other=_folding(connection), spaces=SPACES)
    yield _GRAMS.format(twos=twos, threes=threes)
    yield from (_STORE_MESSAGE, _DROP_MESSAGE, _STORE_TITLE, _DROP_TITLE)
    for name, event, condition, function in _TRIGGERS:
        yield f"""
            CREATE OR REPLACE TRIGGER search_{name} {event}
            FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION search_{function}()
        """
    yield _INDEX
    yield _NO_STATISTICS


def _all_pieces(size: int) -> str:
    return " || ".join(_PIECES.format(start=start, dots="." * size) for start in range(1, size + 1))


def _folding(connection: BaseDatabaseWrapper) -> str:
    """Say how text beyond ASCII is folded here; a database that is not in UTF-8 cannot take accents off."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_encoding')")
        if cursor.fetchone() != ("UTF8",):
            return 'lower(value) COLLATE "C"'
        cursor.execute("SELECT collname FROM pg_collation WHERE collname = ANY(%s)", [list(_COLLATIONS)])
        known = {name for (name,) in cursor.fetchall()}
    collation = next(name for name in _COLLATIONS if name in known)
    return _OTHER.format(marks=MARKS, collation=collation, letters=SAME[0], same=SAME[1])
