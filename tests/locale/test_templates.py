"""No word of a template stands outside of a mark."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.locale.marked import ROOT

if TYPE_CHECKING:
    from pathlib import Path

TEMPLATES = [
    path
    for path in sorted((ROOT / "templates").rglob("*"))
    # Pages of operators and programmers are English; frames that draw for a page say nothing.
    if path.suffix in {".html", ".txt"} and not {"admin", "api", "embed"} & set(path.relative_to(ROOT).parts)
]
NO_WORDS = re.compile(
    r"""\{%\s*(?:comment|blocktranslate)\b.*?\{%\s*end(?:comment|blocktranslate)\s*%\}
    |\{%\s*block\ (?:body|page)_class\s*%\}.*?\{%\s*endblock\s*%\}
    |\{\#.*?\#\}|\{%.*?%\}|\{\{.*?\}\}|<!doctype[^>]*>|<!--.*?-->
    |<(script|style|svg|code|kbd|pre)\b.*?</\1>""",
    re.DOTALL | re.VERBOSE,
)
TAG = re.compile(r"<[^<>]*>")
SAID = re.compile(r'\b(?:aria-label|aria-description|title|placeholder|alt|data-label|data-said)="([^"]*)"')
ARGUMENT = re.compile(r"""(?:\|default:|\b(?:submit|label|words|heading)=)(["'])([A-Z][^"']*)\1""")
WORD = re.compile(r"[^\W\d_]{2,}")
NAMES = {"Chat", "UTC", "Aa", "OpenAI", "Anthropic", "Markdown", "HTML", "JSON", "MB", "min"}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_template_says_nothing_that_is_not_marked(path: Path) -> None:
    source = path.read_text()
    plain = NO_WORDS.sub("", source)
    said = [TAG.sub(" ", plain), *SAID.findall(plain)]
    unmarked = {word for words in said for word in WORD.findall(words)} - NAMES
    assert not unmarked
    assert not [words for _, words in ARGUMENT.findall(source) if words not in NAMES]
