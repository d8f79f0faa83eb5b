"""The files the browser loads: hashed, kept for ever, and nothing beside them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from chatproject.build import build_id
from tests.support.server import on_both_servers

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import Server

pytestmark = pytest.mark.once

HASHED = re.compile(r"""["'(](/static/[\w./-]+\.[0-9a-f]{12}\.\w+)""")
IMPORT = re.compile(r"""(?:import|from)\s*["'](\./[\w.-]+)["']""")


@on_both_servers
def test_page_names_hashed_files_which_browsers_keep(server: Server) -> None:
    files = set(HASHED.findall(server.get("/c/", server.sign_up()).text))
    assert {path.rpartition(".")[2] for path in files} >= {"js", "css"}
    for path in files:
        answer = server.get(path)
        assert answer.status == 200
        assert "immutable" in answer.headers["cache-control"]
        assert "access-control-allow-origin" not in answer.headers


def test_modules_import_each_other_by_hashed_names(server: Server) -> None:
    page = server.get("/c/", server.sign_up()).text
    waiting = [path for path in HASHED.findall(page) if path.endswith(".js")]
    seen = set()
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        answer = server.get(path)
        assert (answer.status, answer.headers["content-type"].split(";")[0]) == (200, "text/javascript")
        for name in IMPORT.findall(answer.text):
            assert re.search(r"\.[0-9a-f]{12}\.js$", name), f"{path} imports {name}"
            waiting.append(path.rpartition("/")[0] + name.removeprefix("."))
    assert len(seen) > 1


@on_both_servers
@pytest.mark.parametrize(
    "path",
    ["/static/../manage.py", "/static/%2e%2e/%2e%2e/manage.py", "/static/a%00.css", "/static//etc/passwd", "/static/"],
)
def test_nothing_beside_the_files_is_served(server: Server, path: str) -> None:
    answer = server.get(path)
    assert answer.status in {400, 404}
    assert b"DJANGO_SETTINGS_MODULE" not in answer.body


@on_both_servers
def test_unchanged_file_is_not_sent_again(server: Server) -> None:
    first = server.get("/static/css/base.css")
    assert "immutable" not in first.headers["cache-control"]
    again = server.get("/static/css/base.css", If_Modified_Since=first.headers["last-modified"])
    assert (again.status, again.body) == (304, b"")


def test_build_changes_with_version_name_and_content(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text("one")
    first = build_id("1", tmp_path)
    assert re.fullmatch(r"[0-9a-f]{12}", first)
    assert build_id("1", tmp_path) == first
    assert build_id("2", tmp_path) != first
    (tmp_path / "a.js").write_text("two")
    second = build_id("1", tmp_path)
    (tmp_path / "a.js").rename(tmp_path / "b.js")
    assert len({first, second, build_id("1", tmp_path)}) == 3
