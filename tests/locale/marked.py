"""What is marked for translation in the tree, found without GNU gettext."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from django.utils.translation.template import templatize

from chatproject.messages import NOT_OURS, NOT_SPOKEN

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
SINGULAR = {"_", "gettext", "gettext_lazy", "gettext_noop"}
PLURAL = {"ngettext", "ngettext_lazy"}

Sentence = tuple[str, ...]
"""The English words: one form, or the singular and the plural."""


class Marked(NamedTuple):
    where: str
    sentence: Sentence


def marked() -> Iterator[Marked]:
    for path in _spoken_files():
        where = str(path.relative_to(ROOT))
        if path.suffix == ".py":
            yield from (Marked(where, one) for one in of_python(path.read_text()))
        else:
            yield from (Marked(where, one) for one in of_template(path.read_text()))


def of_python(source: str) -> Iterator[Sentence]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            count = 1 if _name(node.func) in SINGULAR else 2 if _name(node.func) in PLURAL else 0
            words = [one.value for one in node.args[:count] if isinstance(one, ast.Constant)]
            if count and len(words) == count and all(words):
                yield tuple(str(word) for word in words)


def of_template(source: str) -> Iterator[Sentence]:
    """Take what Django makes of a template for xgettext: calls among what is crossed out."""
    calls = re.finditer(
        r'\b(_|gettext|ngettext)\((?:u?"(?:[^"\\]|\\.)*"|u?\'(?:[^\'\\]|\\.)*\'|[\s,]|count)+\)', templatize(source)
    )
    for call in calls:
        yield from of_python(call[0].replace(",count)", ")").replace("\n", "\\n"))


def _name(function: ast.expr) -> str:
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")


def _spoken_files() -> Iterator[Path]:
    for kind in ("*.py", "*.html", "*.txt"):
        for path in ROOT.rglob(kind):
            inside = path.relative_to(ROOT)
            if not any(inside.match(pattern) or _lies_in(inside, pattern) for pattern in (*NOT_OURS, *NOT_SPOKEN)):
                yield path


def _lies_in(path: Path, pattern: str) -> bool:
    return any(Path(*path.parts[:length]).match(pattern) for length in range(1, len(path.parts)))
