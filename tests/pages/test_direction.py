"""Pages read from either side: style sheets know start and end, and people's words find their own direction."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHEETS = sorted(path for path in (ROOT / "static/css").glob("*.css") if not path.stem.startswith("admin"))
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
PHYSICAL = re.compile(
    r"(?:margin|padding|border|inset|scroll-margin|scroll-padding)-(?:left|right)|(?:^|[\s;{])(?:left|right)\s*:"
    r"|(?:text-align|float|clear)\s*:\s*(?:left|right)|border-(?:top|bottom)-(?:left|right)-radius"
)
FOUR = re.compile(r"(?:padding|margin|inset|border-width): *([^;{}]+);")
SIDES = 4
VALUE = re.compile(r"[\w-]+\([^()]*\)|\S+")
WORDS = {
    *("conversation.title", "link.title", "folder.name", "preset.name", "file.name", "user.name"),
    *("message.content", "shown.html", "shown.text", "shown.tail", "shown.reasoning", "waiting.text", "warning.text"),
}
SHOWN = re.compile(r"<(?P<tag>\w+)(?P<attributes>(?:[^<>{]|\{[%{].*?[%}]\})*)>\s*\{\{ *(?P<words>[\w.]+)")
NEUTRAL = {"title", "option", "textarea", "strong", "q"}


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.stem)
def test_style_sheet_knows_no_left_and_right(sheet: Path) -> None:
    source = re.sub(r"/\*.*?\*/", "", sheet.read_text(), flags=re.DOTALL)
    assert not PHYSICAL.findall(source)
    sides = [VALUE.findall(values) for values in FOUR.findall(source)]
    assert not [values for values in sides if len(values) == SIDES and values[1] != values[3]]


def test_words_of_people_and_models_find_their_direction() -> None:
    wrong = [
        f"{template.name}: {shown['words']}"
        for template in TEMPLATES
        if "admin" not in template.parts
        for shown in SHOWN.finditer(template.read_text())
        if shown["words"] in WORDS and shown["tag"] not in NEUTRAL and "dir=" not in shown["attributes"]
    ]
    assert not wrong
