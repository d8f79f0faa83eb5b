"""The files of ``locale/``, read without GNU gettext."""

from __future__ import annotations

import ast
from gettext import GNUTranslations
from typing import NamedTuple

from chatproject.messages import LOCALES
from tests.locale.marked import ROOT, Sentence

__all__ = ["LOCALES", "Entry", "compiled", "read"]


class Entry(NamedTuple):
    sentence: Sentence
    translated: tuple[str, ...]
    is_fuzzy: bool


def folder(locale: str) -> str:
    return f"{ROOT}/locale/{locale}/LC_MESSAGES"


def read(locale: str) -> list[Entry]:
    """Read the entries of a ``.po`` file, its header aside."""
    with open(f"{folder(locale)}/django.po", encoding="utf-8") as file:  # noqa: PTH123 - plain reading
        blocks = file.read().split("\n\n")
    return [entry for block in blocks if (entry := _entry(block)) and entry.sentence[0]]


def compiled(locale: str) -> dict[object, str]:
    """Read what the site loads: a sentence, or one with the number of a form, and its translation."""
    with open(f"{folder(locale)}/django.mo", "rb") as file:  # noqa: PTH123 - likewise
        catalogue: dict[object, str] = GNUTranslations(file)._catalog  # type: ignore[attr-defined]  # all there is
    return {key: words for key, words in catalogue.items() if key}


def _entry(block: str) -> Entry | None:
    fields: dict[str, str] = {}
    name = ""
    for line in block.splitlines():
        if line.startswith("msg"):
            name, _, line = line.partition(" ")  # noqa: PLW2901 - the rest of it
            fields[name] = ""
        if line.startswith('"'):
            fields[name] += ast.literal_eval(line)
    if "msgid" not in fields:
        return None
    sentence = tuple(fields[name] for name in ("msgid", "msgid_plural") if name in fields)
    translated = tuple(fields[name] for name in sorted(fields) if name.startswith("msgstr"))
    is_fuzzy = any(line.startswith("#,") and "fuzzy" in line for line in block.splitlines())
    return Entry(sentence, translated, is_fuzzy)
