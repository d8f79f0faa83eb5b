"""Triggers that let the database itself refuse to change or remove entries.

SQLite loses a table's triggers when a migration rebuilds the table: end such a migration with ``RunPython(protect)``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor

WORDS = "entries of the audit log are never changed or removed"

REFUSE = f"BEGIN SELECT RAISE(ABORT, '{WORDS}'); END"
IS_TAKEN = "WHEN EXISTS (SELECT 1 FROM audit_entry WHERE id = NEW.id OR rowid = NEW.rowid)"

PROTECT = {
    "sqlite": [
        f"CREATE TRIGGER IF NOT EXISTS audit_entry_kept_from_update BEFORE UPDATE ON audit_entry {REFUSE}",
        f"CREATE TRIGGER IF NOT EXISTS audit_entry_kept_from_delete BEFORE DELETE ON audit_entry {REFUSE}",
        # INSERT OR REPLACE takes away what is in its place, and no trigger of a deletion hears of it.
        f"CREATE TRIGGER IF NOT EXISTS audit_entry_kept_from_replace BEFORE INSERT ON audit_entry {IS_TAKEN} {REFUSE}",
    ],
    "postgresql": [
        f"""CREATE OR REPLACE FUNCTION audit_entry_kept() RETURNS trigger LANGUAGE plpgsql
        AS $$ BEGIN RAISE EXCEPTION '{WORDS}'; END $$""",
        """CREATE OR REPLACE TRIGGER audit_entry_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry
        FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_kept()""",
    ],
}
UNPROTECT = {
    "sqlite": [f"DROP TRIGGER IF EXISTS audit_entry_kept_from_{event}" for event in ("update", "delete", "replace")],
    "postgresql": [
        "DROP TRIGGER IF EXISTS audit_entry_kept ON audit_entry",
        "DROP FUNCTION IF EXISTS audit_entry_kept",
    ],
}


def protect(_apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Set the triggers up; a second time changes nothing."""
    for statement in PROTECT[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def unprotect(_apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for statement in UNPROTECT[schema_editor.connection.vendor]:
        schema_editor.execute(statement)
