"""What the index is asked, in the words of each database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import BooleanField, Func

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models.sql.compiler import SQLCompiler


_MATCHING = "SELECT rowid FROM search_index WHERE search_index MATCH %s"


class HasPieces(Func):
    """True for a document whose index has all of these pieces: ``HasPieces("user_id", "text", "id", pieces=...)``."""

    output_field = BooleanField()

    def __init__(self, *columns: str, pieces: Iterable[str]) -> None:
        super().__init__(*columns)
        self.pieces = sorted(pieces)

    def as_postgresql(self, compiler: SQLCompiler, *_: Any, **__: Any) -> tuple[str, list[Any]]:
        (owner, _), (text, _), _ = (compiler.compile(column) for column in self.get_source_expressions())
        return f"search_grams({owner}, {text}) @> %s::text[]", [self.pieces]

    def as_sqlite(self, compiler: SQLCompiler, *_: Any, **__: Any) -> tuple[str, tuple[str | int, ...]]:
        _, _, (row, _) = (compiler.compile(column) for column in self.get_source_expressions())
        query = " ".join('"{}"'.format(piece.replace('"', '""')) for piece in self.pieces)
        return f"{row} IN ({_MATCHING})", (query,)
