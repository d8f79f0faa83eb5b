"""What templates, style sheets and scripts may hold."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "static"
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SHEETS = sorted((STATIC / "css").glob("*.css"))
SCRIPTS = sorted((STATIC / "js").rglob("*.js"))
MOST_SCRIPT = 100_000
"""Bytes, each file compressed by itself."""
_SYMBOLS = set(re.findall(r'<symbol id="([\w-]+)"', (STATIC / "icons" / "sprite.svg").read_text()))


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("template", TEMPLATES, ids=name)
def test_templates_hold_no_inline_script_style_or_handler(template: Path) -> None:
    text = template.read_text()
    assert not re.search(r"<style|\sstyle\s*=|\son\w+\s*=|javascript:", text, re.IGNORECASE)
    assert not re.search(r"<script(?![^>]*\ssrc=)", text, re.IGNORECASE)


@pytest.mark.parametrize("template", TEMPLATES, ids=name)
def test_templates_draw_only_icons_that_exist(template: Path) -> None:
    used = set(re.findall(r'{% icon "([\w-]+)"', template.read_text()))
    assert used <= _SYMBOLS


@pytest.mark.parametrize("template", TEMPLATES, ids=name)
def test_templates_load_only_files_that_exist(template: Path) -> None:
    used = re.findall(r"{% static ['\"]([^'\"]+)['\"]", template.read_text())
    assert [path for path in used if not finders.find(path)] == []


@pytest.mark.parametrize("file", SHEETS + SCRIPTS, ids=name)
def test_pages_load_nothing_from_elsewhere(file: Path) -> None:
    written = "" if file.name == "preview.js" else r"|document\.write"  # which writes what it is sent, in a sandbox
    assert not re.search(r"@import|url\(|https?://(?!www\.w3\.org)|eval\(" + written, file.read_text())


@pytest.mark.parametrize("script", SCRIPTS, ids=name)
def test_scripts_import_only_modules_that_exist(script: Path) -> None:
    imports = re.findall(r'from "(\./[^"]+)"', script.read_text())
    assert [path for path in imports if not (script.parent / path).is_file()] == []


def test_scripts_together_stay_small() -> None:
    assert sum(len(gzip.compress(script.read_bytes())) for script in SCRIPTS) < MOST_SCRIPT


def test_sprite_holds_no_icon_that_nobody_draws() -> None:
    sources = [*TEMPLATES, *SCRIPTS, *(ROOT / "conversations").glob("*.py")]
    words = set(re.findall(r'["#]([\w-]+)["\s]', "".join(path.read_text() for path in sources)))
    assert words >= _SYMBOLS


def test_ideas_have_an_icon_and_fit_a_message() -> None:
    from conversations.suggestions import SUGGESTIONS  # noqa: PLC0415 - the settings come first

    assert {idea.icon for idea in SUGGESTIONS} <= _SYMBOLS
    assert all(idea.title and idea.detail and idea.text for idea in SUGGESTIONS)
