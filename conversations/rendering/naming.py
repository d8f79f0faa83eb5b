"""The name under which a piece of code is saved."""

from __future__ import annotations

import re

DEFAULT = "code"

_PATH = r"(?:[\w.@+-]{1,80}/){0,12}([\w@+-][\w.@+-]{0,79}\.[A-Za-z0-9]{1,8}|Dockerfile|Makefile)"
_IN_INFO = re.compile(rf"(?:^|[\s:=\"'{{]){_PATH}(?=$|[\s\"'}}:])")
_IN_CODE = re.compile(rf"(?:\#|//|--|;|%|/\*|<!--)\s*(?:file(?:name)?:\s*)?{_PATH}\s*(?:\*/|-->)?\s*$", re.IGNORECASE)
_ENDINGS = {"mermaid": "mmd", "svg": "svg", "csv": "csv", "console": "sh"}
_FILE = re.compile(r"(?:\*\.)?([\w.+-]+)$")


def file_name(info: str, first_line: str, language: str, patterns: tuple[str, ...] = ()) -> str:
    """Take the name from what stands after the fence, from a comment in the first line, or from the language.

    ``patterns`` are those of the language's files, the usual one first.
    """
    if found := _IN_INFO.search(info[:200]) or _IN_CODE.match(first_line[:200].strip()):
        return found[1]
    if ending := _ENDINGS.get(language):
        return f"{DEFAULT}.{ending}"
    for pattern in patterns:
        if usual := _FILE.match(pattern):
            return f"{DEFAULT}.{usual[1]}" if pattern.startswith("*") else usual[1]
    return f"{DEFAULT}.txt"
