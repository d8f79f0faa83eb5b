"""The project's own source, for tests that look at it."""

from __future__ import annotations

import ast
import subprocess
from functools import cache
from typing import TYPE_CHECKING

from tests.support.homes import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

APPS = (
    "accounts",
    "api",
    "audit",
    "conversations",
    "doors",
    "faq",
    "files",
    "moderation",
    "providers",
    "search",
    "sharing",
    "transfer",
)
PACKAGES = (*APPS, "chatproject")


@cache
def tracked_files() -> tuple[Path, ...]:
    """List what git keeps or would keep, without generated requirements and pictures."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    paths = [ROOT / name for name in names]
    return tuple(path for path in paths if path.is_file() and path.suffix not in {".png", ".woff2", ".ico"})


def files(suffix: str, *folders: str) -> list[Path]:
    """List tracked files by ending, below these folders (all without any), without migrations and what is others'."""
    return [
        path
        for path in tracked_files()
        if path.suffix == suffix
        and not {"migrations", "vendor"} & set(path.parts)
        and (not folders or path.relative_to(ROOT).parts[0] in folders)
    ]


def modules(*folders: str) -> list[Path]:
    return files(".py", *folders)


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def name(path: Path) -> str:
    """Give a path as people write it: relative, with slashes."""
    return path.relative_to(ROOT).as_posix()


def dotted(path: Path) -> str:
    """Give a module's dotted name."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path, *, also_types: bool = False) -> set[str]:
    """List the dotted names a module imports when it runs; with ``also_types`` those for type checking too."""
    skipped = set() if also_types else {id(node) for block in _type_blocks(tree(path)) for node in ast.walk(block)}
    found: set[str] = set()
    for node in ast.walk(tree(path)):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(path, node)
            found |= {base, *(f"{base}.{alias.name}" for alias in node.names)}
    return found


def _absolute(path: Path, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    package = path.relative_to(ROOT).parts[: -node.level]
    return ".".join((*package, node.module) if node.module else package)


def _type_blocks(module: ast.Module) -> Iterator[ast.If]:
    for node in ast.walk(module):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            yield node
