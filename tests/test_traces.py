"""What must not stand in any file of the project: where it was made, and what was put off."""

from __future__ import annotations

import re

from tests.support.source import files, modules, name, tracked_files


def test_nothing_names_this_machine_or_a_registry() -> None:
    # In parts, so that this file does not find itself.
    places = ("/wo" + "rk/", "/ro" + "ot/", "index" + "-url", "pypi." + "org/simple", "files.python" + "hosted")
    naming = {}
    for path in tracked_files():
        found = [place for place in places if place in path.read_text(errors="replace")]
        if found:
            naming[name(path)] = found
    assert naming == {}


def test_nothing_is_left_for_later() -> None:
    marks = re.compile("|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X:")))
    assert [name(path) for path in modules() + files(".js") + files(".html") if marks.search(path.read_text())] == []
