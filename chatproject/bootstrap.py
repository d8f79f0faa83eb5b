"""Makes ``var/`` and, in ``var/secrets.env``, the secrets that nobody gave: ``python -m chatproject.bootstrap``.

Runs before anything is installed, so it uses the standard library only. It may run at any time and many times at
once: what exists is kept, and only the owner may read it.
"""

from __future__ import annotations

import base64
import fcntl
import os
import re
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

MAKERS: dict[str, Callable[[], str]] = {
    "SECRET_KEY": lambda: secrets.token_urlsafe(48),
    "FIELD_ENCRYPTION_KEYS": lambda: base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
}
GIVEN = re.compile(r"^[ \t]*(?:export[ \t]+)?(\w+)[ \t]*=[ \t]*['\"]?[^\s'\"#]", re.MULTILINE)
HEADING = "# Made by the first start and kept. Whoever has this file can read what the site encrypts.\n"


def main(base: Path) -> None:
    """Create what is missing under ``base``."""
    folder = base / "var"
    folder.mkdir(mode=0o700, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        _complete(folder / "secrets.env", given=_given([base / ".env"]) | _given_by_environment())
    finally:
        os.close(handle)


def _complete(path: Path, *, given: set[str]) -> None:
    known = path.read_text() if path.exists() else HEADING
    missing = [name for name in MAKERS if name not in given | _given([path])]
    if missing:
        _replace(path, known + "".join(f"{name}={MAKERS[name]()}\n" for name in missing))


def _replace(path: Path, content: str) -> None:
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(content)
    draft.replace(path)


def _given(paths: Iterable[Path]) -> set[str]:
    return {name for path in paths if path.is_file() for name in GIVEN.findall(path.read_text())}


def _given_by_environment() -> set[str]:
    return {name for name in MAKERS if os.environ.get(name, "").strip()}


if __name__ == "__main__":
    main(Path(__file__).resolve().parent.parent)
