"""The rows of a pipe table."""

from __future__ import annotations

import re
from typing import Literal

Alignment = Literal["", "left", "center", "right"]

MAX_COLUMNS = 64

_PIPE = re.compile(r"(?<!\\)\|")
_DELIMITER = re.compile(r"(:?)-+(:?)")
_ALIGNMENTS: dict[tuple[str, str], Alignment] = {
    ("", ""): "",
    (":", ""): "left",
    (":", ":"): "center",
    ("", ":"): "right",
}


def split_row(line: str) -> list[str]:
    """Return the cells of a row; an escaped pipe is a character of its cell, also inside code."""
    line = line.strip(" ")
    cells = _PIPE.split(line.removeprefix("|"))
    if len(cells) > 1 and not cells[-1].strip(" "):
        cells.pop()
    return [cell.strip(" ").replace("\\|", "|") for cell in cells]


def delimiter_row(line: str) -> list[Alignment]:
    """Return the alignments that ``|---|:-:|`` asks for, or nothing where the line is something else."""
    if "-" not in line or line.strip("|-: "):
        return []
    matches = [_DELIMITER.fullmatch(cell) for cell in split_row(line)]
    if len(matches) > MAX_COLUMNS or not ("|" in line or ":" in line):
        return []
    return [_ALIGNMENTS[found[1], found[2]] for found in matches if found] if all(matches) else []
