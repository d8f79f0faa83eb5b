"""What programs come in by, the API and the doors: who may know them, and what they may know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.source import PACKAGES, dotted, imports, modules, name
from tests.test_architecture import LAYERS, broken, imported_from

if TYPE_CHECKING:
    from pathlib import Path


def test_the_api_and_the_doors_stand_above_everything_but_the_site() -> None:
    above = {"api", "doors"}

    def known(path: Path) -> set[str]:
        return {one for one in imports(path, also_types=True) if one.split(".")[0] in above}

    below = [path for path in modules(*PACKAGES) if dotted(path).split(".")[0] not in {*above, "chatproject"}]
    assert broken({name(path): known(path) for path in below}) == {}


def test_the_api_and_the_doors_go_through_what_pages_and_sockets_go_through() -> None:
    engine = {"generation", "checkpoints", "draft", "tally", "screening", "sweeper", "mailbox", "reading"}
    closed = engine | LAYERS[-1] | LAYERS[-2]

    def behind(path: Path) -> set[str]:
        return imported_from(path, "conversations") & closed

    assert broken({name(path): behind(path) for path in modules("api", "doors")}) == {}
