"""Formulas in a file that is complete: KaTeX, its fonts and styles as addresses that hold them."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from pathlib import Path

_FONT = re.compile(r"url\((fonts/[\w-]+\.woff2)\)")
_FORMULA = 'class="math'


@dataclass(frozen=True, slots=True)
class FormulaSetter:
    """``script`` and ``style`` are addresses; ``digest`` is what a policy and an element know the script by."""

    script: str
    digest: str
    style: str


def has_formulas(html: str) -> bool:
    return _FORMULA in html


@cache
def formula_setter() -> FormulaSetter:
    """Give what sets the formulas of a page: 1 MB, which only a page that has some should carry."""
    static: Path = settings.BASE_DIR / "static"
    katex = static / "vendor" / "katex"
    script = (katex / "katex.min.js").read_bytes() + b"\n" + (static / "js" / "embed" / "formulas.js").read_bytes()
    style = _FONT.sub(
        lambda found: f"url({_address('font/woff2', (katex / found[1]).read_bytes())})",
        (katex / "katex.min.css").read_text(),
    )
    digest = "sha256-" + base64.b64encode(hashlib.sha256(script).digest()).decode()
    return FormulaSetter(_address("text/javascript", script), digest, _address("text/css", style.encode()))


def _address(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
