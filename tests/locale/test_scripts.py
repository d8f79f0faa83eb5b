"""Scripts hold no words: what they say stands in the page, by name, in the language of the page."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from django.utils import translation

from chatproject.texts import GROUPS, spoken
from tests.locale.marked import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from django.test import Client

    from accounts.models import User

SCRIPTS = [path for path in (ROOT / "static/js").rglob("*.js") if "admin" not in path.parts]
NAMES = {name for group in GROUPS.values() for name in group}
NAME = re.compile(r'"([a-z]+\.[a-z_]+)"')
BEGINNING = re.compile(r"phrase\(`([a-z]+\.)\$\{")
ASKED = re.compile(r'phrase\("([^"]+)"')
COMMENT = re.compile(r"/\*.*?\*/|(?:^|\s)//[^\n]*", re.DOTALL)
SENTENCE = re.compile(r"""["'`]([A-Z][a-z’]+(?:[ ,.…][^"'`]*)?)["'`]""")
LOADS = re.compile(r"""(?:from|import)\s*\(?\s*["'](\.[^"']+\.js)["']""")
FIRST = re.compile(r"\{% static '(js/[^']+\.js)' %\}")
GROUP = re.compile(r'\{% page_texts "(\w+)" %\}')
NO_WORDS = re.compile(
    r"^(Accept|Enter|Escape|Tab|Home|End|Arrow\w+|Page(Up|Down)|Backspace|Delete|Control|Ctrl|Shift|Meta|Alt|Files)$"
)


def test_every_name_that_a_script_asks_for_is_known_and_no_other() -> None:
    source = "\n".join(path.read_text() for path in SCRIPTS)
    assert set(ASKED.findall(source)) <= NAMES
    asked = set(NAME.findall(source))
    beginnings = tuple(BEGINNING.findall(source))
    assert not {name for name in NAMES - asked if not name.startswith(beginnings or ("-",))}


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_script_says_nothing_of_its_own(path: Path) -> None:
    source = COMMENT.sub("", path.read_text())
    said = [words for words in SENTENCE.findall(source) if not NO_WORDS.match(words)]
    assert not said, "chatproject/texts.py has a place for it"


def _imports(path: Path) -> set[Path]:
    """Give a script and all that it loads."""
    found, waiting = set(), [path]
    while waiting:
        one = waiting.pop()
        if one not in found and one.exists():
            found.add(one)
            waiting += [(one.parent / name).resolve() for name in LOADS.findall(one.read_text())]
    return found


def test_page_carries_every_word_that_its_scripts_can_ask_for() -> None:
    for template in (ROOT / "templates").rglob("*.html"):
        source = template.read_text()
        loaded = set().union(*(_imports(ROOT / "static" / name) for name in FIRST.findall(source)))
        asked = {name for path in loaded for name in ASKED.findall(path.read_text())}
        group = GROUP.search(source)
        assert asked <= set(GROUPS[group[1]] if group else ()), template.name


@pytest.mark.django_db
def test_page_carries_the_words_of_its_scripts(client: Client, alice: User) -> None:
    client.force_login(alice)
    page = client.get("/c/").content.decode()
    found = re.search(r'<script id="page-texts" type="application/json">(.*?)</script>', page)
    assert found
    assert json.loads(found[1]) == spoken("talk")


def test_words_with_a_number_have_a_form_for_one_and_for_others() -> None:
    with translation.override("en"):
        assert spoken("talk")["time.seconds"] == {"one": "%(count)s second", "other": "%(count)s seconds"}
