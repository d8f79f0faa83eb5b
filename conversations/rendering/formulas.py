r"""Formulas: ``$…$`` and ``\(…\)`` in a line, ``$$…$$``, ``\[…\]`` and whole environments on lines of their own.

A dollar sign is a formula's only where money is unlikely: nothing but a formula begins right before a character and
ends right after one, with no digit behind it.
"""

from __future__ import annotations

import re

MARK = "$$"
MAX_INLINE = 2_000

_OPENING = re.compile(r"(\$\$)(?!\$)|(\\\[)|\\begin\{((?:equation|align|alignat|gather|CD)\*?)\}")
_AFTER = " .,;:"
_INSIDE = r"[^$\\\x02\x03]|\\[^\x02\x03]"
_SUFFIX = r"(?:th|st|nd|rd|s)\b"
IN_TEXT = rf"""(?x)
    (?<![\\$])\$\$(?!\$)(?P<double>(?:{_INSIDE}){{1,{MAX_INLINE}}}+)\$\$(?!\$)
    | (?<![\\$A-Za-z0-9])\$(?![\s$])(?P<single>(?:{_INSIDE}){{1,{MAX_INLINE}}}+)(?<!\s)\$
      (?:(?![A-Za-z0-9$])|(?={_SUFFIX}))
    | (?<!\\)\\\((?P<round>(?:(?!\\\))[^\x02\x03]){{1,{MAX_INLINE}}}+)\\\)
    | (?<!\\)\\\[(?P<square>(?:(?!\\\])[^\x02\x03]){{1,{MAX_INLINE}}}+)\\\]
"""
"""Finds one in running text, in time that is linear for each place where one may begin."""

_PRICE = re.compile(r"[\d.,]+\s*(?:[kKmMbB]|bn)?\s+[A-Za-z]{2,}")
_SIGNS = frozenset("\\^_=")


def opens(line: str) -> str:
    """Return the mark that will close the formula which begins with this line, or nothing where none does."""
    found = _OPENING.match(line)
    if found is None:
        return ""
    mark = MARK if found[1] else "\\]" if found[2] else f"\\end{{{found[3]}}}"
    inside = line[found.end() :]
    if mark not in inside:
        return mark
    is_alone = closes(line, mark, is_first=True) and inside.count(mark) == 1
    return mark if is_alone and (mark != "\\]" or not _SIGNS.isdisjoint(inside.removesuffix(mark))) else ""


def closes(line: str, mark: str, *, is_first: bool = False) -> bool:
    """Tell whether a formula ends with this line; what ends a sentence may follow."""
    text = line.rstrip(_AFTER)
    return text.endswith(mark) and not (is_first and len(text) <= len(mark)) and not text.endswith("\\$$")


def tex_of(lines: list[str], mark: str) -> str:
    """Take the marks off the lines of a closed formula; an environment keeps its own."""
    text = "\n".join(lines).strip(" ")
    bare = text.rstrip(_AFTER)
    after = text[len(bare) :].strip(" ")
    if mark.startswith("\\end"):
        return bare
    return bare.removesuffix(mark)[2:].strip() + after


def in_text(found: re.Match[str]) -> tuple[str, bool] | None:
    """Return the TeX of what ``IN_TEXT`` found and whether it is set on a line of its own; None where it is none."""
    kind = found.lastgroup or ""
    tex = found[kind].strip()
    if not tex or (kind == "single" and _PRICE.match(tex) and _SIGNS.isdisjoint(tex)):
        return None
    if kind == "square" and _SIGNS.isdisjoint(tex):
        return None
    return tex, kind in ("double", "square")
