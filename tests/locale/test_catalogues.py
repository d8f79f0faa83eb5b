"""Every word that people read is marked, gathered, translated and compiled."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from tests.locale.catalogue import LOCALES, Entry, compiled, read
from tests.locale.marked import Marked, marked, of_python, of_template

pytestmark = pytest.mark.once

NAMED = re.compile(r"%\(\w+\)[sd]|%%")
TAG = re.compile(r"</?[a-z][^>]*>")
FORMS = {"de": 2, "es": 3, "zh_Hans": 1}


@pytest.fixture(scope="module")
def said() -> list[Marked]:
    return list(marked())


@pytest.mark.parametrize("locale", LOCALES)
def test_every_marked_sentence_is_gathered_and_no_other(said: list[Marked], locale: str) -> None:
    gathered = {entry.sentence[0] for entry in read(locale)}
    missing = [f"{where}: {sentence[0]}" for where, sentence in said if sentence[0] not in gathered]
    assert not missing, "`make messages` gathers them"
    assert not gathered - {sentence[0] for _, sentence in said}


@pytest.mark.parametrize("locale", LOCALES)
def test_every_sentence_is_translated(locale: str) -> None:
    wanting = [entry.sentence[0] for entry in read(locale) if entry.is_fuzzy or not all(entry.translated)]
    assert not wanting, f"{len(wanting)} sentences wait for their words"


@pytest.mark.parametrize("locale", LOCALES)
def test_translations_keep_names_tags_and_forms(locale: str) -> None:
    wrong = [entry for entry in read(locale) if any(entry.translated) and not _keeps(entry, FORMS[locale])]
    assert not wrong


def _keeps(entry: Entry, forms: int) -> bool:
    if len(entry.translated) != (forms if len(entry.sentence) > 1 else 1):
        return False
    english = entry.sentence[-1]
    return all(
        set(NAMED.findall(words)) <= set(NAMED.findall(english))
        and (set(NAMED.findall(english)) - {"%(count)s", "%(counter)s"}) <= set(NAMED.findall(words))
        and Counter(TAG.findall(words)) == Counter(TAG.findall(english))
        and (words[:1].isspace(), words[-1:].isspace()) == (english[:1].isspace(), english[-1:].isspace())
        for words in entry.translated
    ) and (len(entry.sentence) > 1 or set(NAMED.findall(english)) == set(NAMED.findall(entry.translated[0])))


@pytest.mark.parametrize("locale", LOCALES)
def test_what_the_site_loads_is_what_is_written(locale: str) -> None:
    written: dict[object, str] = {}
    for entry in read(locale):
        if not all(entry.translated):
            continue
        if len(entry.sentence) == 1:
            written[entry.sentence[0]] = entry.translated[0]
        else:
            written |= {(entry.sentence[0], form): words for form, words in enumerate(entry.translated)}
    assert compiled(locale) == written, "`make messages` compiles it"


def test_marks_are_found_in_both_languages() -> None:
    source = 'gettext_lazy("One"); _("Two" " three") % {}; ngettext("a", "b", 2); _(name); len("x")'
    assert set(of_python(source)) == {("One",), ("Two three",), ("a", "b")}
    template = """{% load i18n %}{% translate "It’s" %} {{ x|default:_("None") }} {% include "a" with b=_("Save") %}
      {% blocktranslate trimmed with n=name %}
        Hello, <b>{{ n }}</b>
      {% endblocktranslate %}
      {% blocktranslate trimmed count n=number %}{{ n }} file{% plural %}{{ n }} files{% endblocktranslate %}"""
    assert set(of_template(template)) == {
        ("It’s",),
        ("None",),
        ("Save",),
        ("Hello, <b>%(n)s</b>",),
        ("%(n)s file", "%(n)s files"),
    }
